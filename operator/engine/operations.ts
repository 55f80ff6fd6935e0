import type { OperationStatus } from '../api/v1beta1/ecommerce-stack.ts';
import type { PlannedAction } from '../components/contract.ts';
import type { ComponentResult } from './component-pass.ts';
import { timestamp } from './conditions.ts';
import { dropUndefined } from './drop-undefined.ts';
import type { Pass } from './pass.ts';

/**
 * How long an operation may stand still, milliseconds. Long enough for the slowest single step (a replica that copies
 * its data anew, shards that move), short enough that nobody finds out the next morning.
 */
export const operationDeadlineMs = 30 * 60_000;

/** One entry per component that wants or waits to act; times are kept from pass to pass while nothing moves. */
export function buildOperations(pass: Pass, results: readonly ComponentResult[]): readonly OperationStatus[] {
  return results.flatMap(({ component, observation }) =>
    observation.plan === undefined ? [] : [operationOf(pass, component.name, observation.plan)],
  );
}

function operationOf(pass: Pass, component: string, { action, plan }: PlannedAction): OperationStatus {
  const before = pass.previous.operations?.find((one) => one.component === component && one.kind === action);
  const now = timestamp(pass.ports);
  const state =
    plan.kind === 'step'
      ? { step: plan.step.name, target: plan.step.target, message: plan.step.message.slice(0, 1024) }
      : { blockedBy: plan.blockedBy, target: plan.target, message: plan.message.slice(0, 1024) };
  const progressedAt = before !== undefined && isSame(before, state) ? before.progressedAt : now;
  return dropUndefined({
    component,
    kind: action,
    ...state,
    startedAt: before?.startedAt ?? now,
    progressedAt: progressedAt ?? now,
  });
}

interface State {
  readonly step?: string | undefined;
  readonly target?: string | undefined;
  readonly blockedBy?: string | undefined;
  readonly message?: string | undefined;
}

function isSame(one: State, other: State): boolean {
  return (
    one.step === other.step &&
    one.target === other.target &&
    one.blockedBy === other.blockedBy &&
    one.message === other.message
  );
}

/** Operations that have stood still beyond their deadline: only a person gets them going again. */
export function overdueOperations(operations: readonly OperationStatus[], now: Date): readonly OperationStatus[] {
  return operations.filter(
    ({ progressedAt, startedAt }) => now.getTime() - Date.parse(progressedAt ?? startedAt) >= operationDeadlineMs,
  );
}

/** Sentence of the condition `Stalled`. */
export function overdueMessage({ component, kind, step, target, blockedBy, message }: OperationStatus): string {
  const minutes = operationDeadlineMs / 60_000;
  const where = blockedBy === undefined ? `in step ${step ?? '?'}` : `blocked by ${blockedBy}`;
  const what = target === undefined ? '' : ` (${target})`;
  return `${component}: ${kind} has made no progress for ${minutes} min, ${where}${what}: ${message ?? ''} It goes on by itself as soon as that is resolved.`;
}
