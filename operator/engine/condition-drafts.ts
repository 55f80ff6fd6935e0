import { singlePointsOfFailure } from '../api/v1beta1/availability.ts';
import type { OperationStatus } from '../api/v1beta1/ecommerce-stack.ts';
import type { UnimplementedPart } from '../api/v1beta1/parts.ts';
import type { ConditionDraft } from './conditions.ts';
import { overdueMessage } from './operations.ts';
import type { Pass } from './pass.ts';
import type { Verdict } from './verdict.ts';

/** What a pass found, as far as the status speaks of it. */
export interface Findings {
  readonly verdicts: readonly Verdict[];
  readonly operations: readonly OperationStatus[];
  /** Those of `operations` that only a person gets going again. */
  readonly overdue: readonly OperationStatus[];
  /** What the manifest asks for and nobody builds. */
  readonly missing: readonly UnimplementedPart[];
  readonly isReady: boolean;
  readonly isStalled: boolean;
}

/** All conditions of the stack, in a fixed order. */
export function buildDrafts(pass: Pass, findings: Findings): readonly ConditionDraft[] {
  const { verdicts, operations, isReady, isStalled } = findings;
  const message = summaryOf(findings);
  const hasFailed = verdicts.some(({ state }) => state === 'Failed');
  const isWorking = !isStalled && (!isReady || operations.length > 0);
  const reason = isReady ? 'AllReady' : hasFailed ? 'PartsFailed' : 'PartsNotReady';
  return [
    { type: 'Ready', status: isReady ? 'True' : 'False', reason, message },
    ...(isWorking ? [{ type: 'Reconciling', status: 'True' as const, reason: 'Reconciling', message }] : []),
    ...stalledDraft(findings),
    { type: 'SpecValid', status: 'True', reason: 'SpecValid', message: 'The manifest keeps every rule.' },
    ...pausedDraft(pass),
    ...componentDrafts(findings),
    ...missingDrafts(findings),
    highAvailability(pass),
  ];
}

/** One sentence for a column: what fails, what works on it, or that all is well, and with how much of the manifest. */
export function summaryOf({ verdicts, operations, missing }: Findings): string {
  const unready = verdicts.filter(({ state }) => state !== 'Ready');
  // What fails first, then what works on it; what merely waits for those says nothing new.
  const telling = unready.filter(({ state }) => state !== 'Waiting');
  const parts = (telling.length > 0 ? telling : unready).map(nameIt);
  const moving = operations.map(({ component, kind, message }) => `${component} ${kind}: ${message ?? ''}`);
  const sentence = [...parts, ...moving].join(' ');
  return (sentence === '' ? allIsWell(missing) : sentence).slice(0, 2048);
}

function allIsWell(missing: readonly UnimplementedPart[]): string {
  return missing.length === 0
    ? 'Every enabled part is ready.'
    : `Every part that this operator version can build is ready; it cannot build ${missing.map(({ name }) => name).join(', ')} yet.`;
}

function stalledDraft({ verdicts, overdue }: Findings): readonly ConditionDraft[] {
  const causes = [
    ...verdicts.filter(({ isTerminal }) => isTerminal).map((one) => ({ reason: one.reason, message: nameIt(one) })),
    ...overdue.map((one) => ({ reason: 'OperationOverdue', message: overdueMessage(one) })),
  ];
  const reason = causes[0]?.reason;
  return reason === undefined
    ? []
    : [{ type: 'Stalled', status: 'True', reason, message: causes.map(({ message }) => message).join(' ') }];
}

/** Nothing that is asked for is left out in silence: each part by its own condition, and all of them in one. */
function missingDrafts({ missing }: Findings): readonly ConditionDraft[] {
  if (missing.length === 0) {
    return [];
  }
  const own = missing.filter(({ conditionType }) => !['ServicesReady', 'NotImplemented'].includes(conditionType));
  const fields = missing.map(({ field }) => field).join(', ');
  return [
    ...own.map(({ conditionType: type, message }) => ({
      type,
      status: 'False' as const,
      reason: 'NotImplemented',
      message,
    })),
    {
      type: 'NotImplemented',
      status: 'True',
      reason: 'NotImplemented',
      message: `This operator version cannot build ${fields} yet; the rest of the stack is not affected.`,
    },
  ];
}

/** One condition per type; components that share a type are True together or name those that are not. */
function componentDrafts({ verdicts, missing }: Findings): readonly ConditionDraft[] {
  const types = [...new Set(verdicts.map(({ conditionType }) => conditionType))];
  return types.map((type) => {
    const all = verdicts.filter(({ conditionType }) => conditionType === type);
    const unready = all.filter(({ state }) => state !== 'Ready');
    const unbuilt = missing.filter(({ conditionType }) => conditionType === type);
    const reason = unready[0]?.reason ?? (unbuilt.length > 0 ? 'NotImplemented' : undefined);
    if (reason === undefined) {
      return { type, status: 'True', reason: 'ComponentReady', message: all.map(nameIt).join(' ') };
    }
    const sentences = [...unready.map(nameIt), ...unbuilt.map(({ message }) => message)];
    return { type, status: 'False', reason, message: sentences.join(' ') };
  });
}

function pausedDraft(pass: Pass): readonly ConditionDraft[] {
  switch (pass.pause) {
    case 'none':
      return [];
    case 'all':
      return [paused('PausedAll', 'Only the status is written while the annotation ecommerce.stack/pause is all.')];
    case 'rollouts':
      return [paused('PausedRollouts', 'Workloads keep their templates while ecommerce.stack/pause is rollouts.')];
  }
}

function paused(reason: string, message: string): ConditionDraft {
  return { type: 'Paused', status: 'True', reason, message: `${message} Remove it to go on.` };
}

function highAvailability(pass: Pass): ConditionDraft {
  const single = singlePointsOfFailure(pass.stack);
  return single.length === 0
    ? { type: 'HighAvailability', status: 'True', reason: 'Redundant', message: 'Every part has a second instance.' }
    : {
        type: 'HighAvailability',
        status: 'False',
        reason: 'SinglePointOfFailure',
        message: `One instance only: ${single.join(', ')}.`,
      };
}

function nameIt({ name, message }: Verdict): string {
  return `${name}: ${message}`;
}
