import type { PlannedAction, Step } from '../components/contract.ts';
import { ForbiddenError } from '../kube/errors.ts';
import { hashOf } from '../objects/hash.ts';
import type { Pass } from './pass.ts';

/**
 * How long a step that the API server refused is not tried again, milliseconds: long enough to be quiet, short enough
 * to notice that somebody allowed it (another storage class, a permission, a quota).
 */
const quietMs = 600_000;

/** Remembers that a step was refused: repeating the same request cannot help. Only a cache; lost with the process. */
export function rememberRefusal(pass: Pass, component: string, step: Step, error: unknown): void {
  if (error instanceof ForbiddenError || (error instanceof Error && 'terminal' in error && error.terminal === true)) {
    const untilMs = pass.ports.now().getTime() + quietMs;
    pass.memory.refusedSteps.set(keyOf(component, step), { message: error.message, untilMs });
  }
}

/** What the API server said to this very step lately; `undefined` when it may be tried. */
export function refusalOf(pass: Pass, component: string, planned: PlannedAction | undefined): string | undefined {
  if (planned?.plan.kind !== 'step') {
    return undefined;
  }
  const key = keyOf(component, planned.plan.step);
  const refusal = pass.memory.refusedSteps.get(key);
  if (refusal !== undefined && pass.ports.now().getTime() >= refusal.untilMs) {
    pass.memory.refusedSteps.delete(key);
    return undefined;
  }
  return refusal?.message;
}

function keyOf(component: string, { name, target = '', details }: Step): string {
  return `${component} ${name} ${target} ${hashOf(details)}`;
}
