import { singlePointsOfFailure } from '../api/v1beta1/availability.ts';
import { effectiveOf } from '../api/v1beta1/complete.ts';
import type { Phase } from '../api/v1beta1/conditions.ts';
import type { ComponentStatus, EcommerceStackStatus, OperationStatus } from '../api/v1beta1/ecommerce-stack.ts';
import { type UnimplementedPart, unimplementedParts } from '../api/v1beta1/parts.ts';
import { annotations } from '../objects/names.ts';
import type { ComponentResult } from './component-pass.ts';
import { type ConditionDraft, timestamp, toConditions } from './conditions.ts';
import type { Pass } from './pass.ts';
import type { Verdict } from './verdict.ts';

/** The status that this pass found: pure, and equal to the last one when nothing changed. */
export function buildStatus(
  pass: Pass,
  results: readonly ComponentResult[],
  verdicts: readonly Verdict[],
): EcommerceStackStatus {
  const operations = buildOperations(pass, results);
  const missing = unimplementedParts(
    pass.stack,
    pass.ports.components.map(({ name }) => name),
  );
  const drafts = [...buildDrafts(pass, verdicts, operations), ...missingDrafts(missing)];
  const isReady = verdicts.every(({ state }) => state === 'Ready');
  return dropUndefined({
    observedGeneration: pass.stack.generation,
    phase: phaseOf(pass, verdicts, operations),
    message: summaryOf(verdicts, operations),
    version: isReady ? pass.stack.version : pass.previous.version,
    services: countServices(verdicts, missing),
    conditions: toConditions(drafts, pass.previous.conditions ?? [], {
      generation: pass.stack.generation,
      now: timestamp(pass.ports),
    }),
    components: [
      ...results.map((result, index) => componentStatus(pass, result, verdicts[index])),
      ...missing.map(({ name, message }) => ({
        name,
        state: 'NotImplemented' as const,
        reason: 'NotImplemented',
        message,
      })),
    ],
    operations: unlessEmpty(operations),
    endpoints: collect(results, 'endpoint'),
    guarantees: collect(results, 'guarantee'),
    warnings: unlessEmpty(
      results.flatMap(({ observation }) => (observation.report.warnings ?? []).map(({ message }) => message)),
    ),
    effective: effectiveOf(pass.stack),
    acknowledged: acknowledgedOf(pass, isReady),
    operatorVersion: pass.ports.operatorVersion,
  });
}

function componentStatus(pass: Pass, result: ComponentResult, verdict: Verdict | undefined): ComponentStatus {
  const { name } = result.component;
  const before = pass.previous.components?.find((one) => one.name === name);
  const { report } = result.observation;
  return dropUndefined({
    name,
    state: verdict?.state ?? 'Progressing',
    reason: verdict?.reason,
    message: verdict?.message.slice(0, 1024),
    version: report.version ?? before?.version,
    identity: before?.identity ?? report.identity,
    initialized: verdict?.state === 'Ready' || before?.initialized === true ? true : undefined,
  });
}

/** One entry per component that wants or waits to act; the start time survives from pass to pass. */
function buildOperations(pass: Pass, results: readonly ComponentResult[]): readonly OperationStatus[] {
  return results.flatMap(({ component, observation }): readonly OperationStatus[] => {
    const planned = observation.plan;
    if (planned === undefined) {
      return [];
    }
    const { plan } = planned;
    const before = pass.previous.operations?.find(
      (one) => one.component === component.name && one.kind === planned.action,
    );
    const common = {
      component: component.name,
      kind: planned.action,
      startedAt: before?.startedAt ?? timestamp(pass.ports),
    };
    return plan.kind === 'step'
      ? [dropUndefined({ ...common, step: plan.step.name, target: plan.step.target, message: plan.step.message })]
      : [dropUndefined({ ...common, blockedBy: plan.blockedBy, target: plan.target, message: plan.message })];
  });
}

function buildDrafts(
  pass: Pass,
  verdicts: readonly Verdict[],
  operations: readonly OperationStatus[],
): readonly ConditionDraft[] {
  const message = summaryOf(verdicts, operations);
  const failed = verdicts.filter(({ state }) => state === 'Failed');
  const terminal = verdicts.filter(({ isTerminal }) => isTerminal);
  const isReady = verdicts.every(({ state }) => state === 'Ready');
  const isWorking = terminal.length === 0 && (!isReady || operations.length > 0);
  const reason = isReady ? 'AllReady' : failed.length > 0 ? 'PartsFailed' : 'PartsNotReady';
  return [
    { type: 'Ready', status: isReady ? 'True' : 'False', reason, message },
    ...(isWorking ? [{ type: 'Reconciling', status: 'True' as const, reason: 'Reconciling', message }] : []),
    ...terminal
      .slice(0, 1)
      .map((one) => ({ type: 'Stalled', status: 'True' as const, reason: one.reason, message: nameIt(one) })),
    { type: 'SpecValid', status: 'True', reason: 'SpecValid', message: 'The manifest keeps every rule.' },
    ...pausedDraft(pass),
    ...componentDrafts(verdicts),
    highAvailability(pass),
  ];
}

/** A part that nobody builds is never silent; services share one condition with those that are built. */
function missingDrafts(missing: readonly UnimplementedPart[]): readonly ConditionDraft[] {
  return missing
    .filter(({ conditionType }) => conditionType !== 'ServicesReady')
    .map(({ conditionType, message }) => ({
      type: conditionType,
      status: 'False',
      reason: 'NotImplemented',
      message,
    }));
}

/** `ready/enabled`, counting also the enabled services that this operator version cannot build. */
function countServices(verdicts: readonly Verdict[], missing: readonly UnimplementedPart[]): string {
  const services = verdicts.filter(({ conditionType }) => conditionType === 'ServicesReady');
  const unbuilt = missing.filter(({ conditionType }) => conditionType === 'ServicesReady');
  return `${services.filter(({ state }) => state === 'Ready').length}/${services.length + unbuilt.length}`;
}

/** One condition per type; components that share a type are True together or name those that are not. */
function componentDrafts(verdicts: readonly Verdict[]): readonly ConditionDraft[] {
  const types = [...new Set(verdicts.map(({ conditionType }) => conditionType))];
  return types.map((type) => {
    const all = verdicts.filter(({ conditionType }) => conditionType === type);
    const unready = all.filter(({ state }) => state !== 'Ready');
    const first = unready[0];
    return first === undefined
      ? { type, status: 'True', reason: 'ComponentReady', message: all.map(nameIt).join(' ') }
      : { type, status: 'False', reason: first.reason, message: unready.map(nameIt).join(' ') };
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

function phaseOf(pass: Pass, verdicts: readonly Verdict[], operations: readonly OperationStatus[]): Phase {
  const wasReady = pass.previous.version !== undefined;
  if (pass.pause === 'all') {
    return 'Paused';
  }
  if (verdicts.some(({ isTerminal }) => isTerminal)) {
    return 'Stalled';
  }
  if (verdicts.every(({ state }) => state === 'Ready')) {
    return operations.length === 0 ? 'Ready' : 'Updating';
  }
  if (!wasReady) {
    return 'Creating';
  }
  const isChanging =
    operations.length > 0 ||
    pass.previous.observedGeneration !== pass.stack.generation ||
    pass.previous.phase === 'Updating';
  return isChanging && verdicts.every(({ state }) => state !== 'Failed') ? 'Updating' : 'Degraded';
}

function summaryOf(verdicts: readonly Verdict[], operations: readonly OperationStatus[]): string {
  const unready = verdicts.filter(({ state }) => state !== 'Ready');
  // What fails first, then what works on it; what merely waits for those says nothing new.
  const telling = unready.filter(({ state }) => state !== 'Waiting');
  const parts = (telling.length > 0 ? telling : unready).map(nameIt);
  const moving = operations.map(({ component, kind, message }) => `${component} ${kind}: ${message ?? ''}`);
  const sentence = [...parts, ...moving].join(' ');
  return (sentence === '' ? 'Every enabled part is ready.' : sentence).slice(0, 2048);
}

function nameIt({ name, message }: Verdict): string {
  return `${name}: ${message}`;
}

function collect(
  results: readonly ComponentResult[],
  field: 'endpoint' | 'guarantee',
): Readonly<Record<string, string>> | undefined {
  const entries = results.flatMap(({ component, observation }) => {
    const value = observation.report[field];
    return value === undefined ? [] : [[component.name, value] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** A restart was carried out once every part is ready with the token in its template. */
function acknowledgedOf(pass: Pass, isReady: boolean): Readonly<Record<string, string>> | undefined {
  const token = pass.stack.annotations[annotations.restart];
  const before = pass.previous.acknowledged;
  return token === undefined || !isReady ? before : { ...before, restart: token };
}

/** Required where the value is always there, optional where it may be `undefined`. */
type Present<Value> = {
  [Key in keyof Value as undefined extends Value[Key] ? never : Key]: Value[Key];
} & {
  [Key in keyof Value as undefined extends Value[Key] ? Key : never]?: Exclude<Value[Key], undefined>;
};

/** A list with nothing in it is left out: it would only be noise in `kubectl describe`. */
function unlessEmpty<Item>(list: readonly Item[]): readonly Item[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** Absent instead of `undefined`, so that two statuses compare as they are stored. */
function dropUndefined<Value extends object>(value: Value): Present<Value> {
  // Only the entries without a value are left out, which is what the type says.
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Present<Value>;
}
