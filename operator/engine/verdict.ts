import type { ComponentState } from '../api/v1beta1/conditions.ts';
import type { PlannedAction, Readiness } from '../components/contract.ts';
import type { ComponentResult } from './component-pass.ts';
import type { Pass } from './pass.ts';
import { refusalOf } from './refusals.ts';

/** What the status says of one component, its dependencies considered. */
export interface Verdict {
  readonly name: string;
  readonly conditionType: string;
  readonly state: ComponentState;
  readonly reason: string;
  readonly message: string;
  /** Only a person can go on. */
  readonly isTerminal: boolean;
  readonly retryAfterMs: number | undefined;
}

/** A component that makes no progress because another one is not ready says so instead of its own symptom. */
export function judge(pass: Pass, results: readonly ComponentResult[]): readonly Verdict[] {
  return results.map((result) => {
    const { component, observation } = result;
    const refusal = refusalOf(pass, component.name, observation.plan);
    const verdict = verdictOf(result, results);
    return refusal === undefined || verdict.state === 'Failed' ? verdict : refused(verdict, observation.plan, refusal);
  });
}

/** A part that works, but cannot become what the manifest says: neither silent nor Ready. */
function refused(verdict: Verdict, planned: PlannedAction | undefined, refusal: string): Verdict {
  const message = `${planned?.action ?? ''} was refused and is tried again in 10 min: ${refusal}. Allow it, or take the change of the manifest back.`;
  return { ...verdict, state: 'Failed', reason: 'OperationRefused', message, retryAfterMs: 30_000 };
}

function verdictOf(result: ComponentResult, results: readonly ComponentResult[]): Verdict {
  const { name, conditionType } = result.component;
  const { readiness } = result.observation;
  const base = { name, conditionType, isTerminal: false };
  switch (readiness.state) {
    case 'ready':
      return result.pending > 0 ? heldBack(base, result.pending) : ready(base, readiness);
    case 'failed':
      return { ...base, ...readiness, state: 'Failed', isTerminal: readiness.terminal || isTerminal(result.error) };
    case 'progressing': {
      const blocker = unreadyDependency(result, results);
      return blocker === undefined
        ? { ...base, ...readiness, state: 'Progressing' }
        : { ...base, ...readiness, state: 'Waiting', reason: 'WaitingForDependency', message: waitsFor(blocker) };
    }
  }
}

function ready(
  base: Pick<Verdict, 'name' | 'conditionType' | 'isTerminal'>,
  { message, retryAfterMs }: Extract<Readiness, { state: 'ready' }>,
): Verdict {
  return { ...base, state: 'Ready', reason: 'ComponentReady', message, retryAfterMs };
}

/** It works, but not as the manifest says now: neither Ready nor a version may be claimed. */
function heldBack(base: Pick<Verdict, 'name' | 'conditionType' | 'isTerminal'>, pending: number): Verdict {
  const changes = pending === 1 ? '1 change waits' : `${pending} changes wait`;
  const message = `${changes} until the annotation ecommerce.stack/pause is removed.`;
  return { ...base, state: 'Progressing', reason: 'ChangesHeldBack', message, retryAfterMs: undefined };
}

function unreadyDependency(result: ComponentResult, results: readonly ComponentResult[]): ComponentResult | undefined {
  return results.find(
    ({ component, observation }) =>
      result.component.dependsOn.includes(component.name) && observation.readiness.state !== 'ready',
  );
}

function waitsFor({ component, observation }: ComponentResult): string {
  return `Waits for ${component.name}: ${observation.readiness.message}`;
}

function isTerminal(error: unknown): boolean {
  return error instanceof Error && 'terminal' in error && error.terminal === true;
}
