import type { ComponentState } from '../api/v1beta1/conditions.ts';
import type { ComponentResult } from './component-pass.ts';

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
export function judge(results: readonly ComponentResult[]): readonly Verdict[] {
  return results.map((result) => verdictOf(result, results));
}

function verdictOf(result: ComponentResult, results: readonly ComponentResult[]): Verdict {
  const { name, conditionType } = result.component;
  const { readiness } = result.observation;
  const base = { name, conditionType, isTerminal: false };
  switch (readiness.state) {
    case 'ready':
      return { ...base, state: 'Ready', reason: 'ComponentReady', message: readiness.message, retryAfterMs: undefined };
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
