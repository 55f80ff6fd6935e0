import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { type Readiness, watchIntervalMs } from '../contract.ts';
import { tenantsOf } from './names.ts';
import type { Observed } from './observed.ts';
import { builtinChecks } from './readiness-builtin.ts';
import { externalChecks } from './readiness-external.ts';

/** Judges what was gathered: the first check that finds something is what the status says. Pure. */
export function judge(observed: Observed, stack: CompleteStack): Readiness {
  switch (observed.mode) {
    case 'CloudNativePG':
      return {
        state: 'failed',
        reason: 'NotImplemented',
        message:
          'spec.postgres.mode CloudNativePG cannot be built by this operator version yet; choose Builtin or External.',
        terminal: true,
        retryAfterMs: 300_000,
      };
    case 'External':
      return firstOf(externalChecks, observed, stack) ?? ready(`The server answers; ${databases(stack)} set up.`);
    case 'Builtin':
      return firstOf(builtinChecks, observed, stack) ?? ready(`${instances(stack)}; ${databases(stack)} set up.`);
  }
}

/** A named question; `undefined` when there is nothing to say. */
export interface Check<T> {
  readonly name: string;
  judge(observed: T, stack: CompleteStack): Readiness | undefined;
}

function firstOf<T>(checks: readonly Check<T>[], observed: T, stack: CompleteStack): Readiness | undefined {
  for (const check of checks) {
    const verdict = check.judge(observed, stack);
    if (verdict !== undefined) {
      return verdict;
    }
  }
  return undefined;
}

function ready(message: string): Readiness {
  return { state: 'ready', message, retryAfterMs: watchIntervalMs };
}

function instances(stack: CompleteStack): string {
  const { readReplicas } = stack.postgres;
  return readReplicas === 0
    ? 'The primary answers'
    : `The primary answers and ${readReplicas} ${readReplicas === 1 ? 'replica streams' : 'replicas stream'} from it`;
}

function databases(stack: CompleteStack): string {
  const count = tenantsOf(stack).length;
  return `${count} ${count === 1 ? 'database is' : 'databases are'}`;
}
