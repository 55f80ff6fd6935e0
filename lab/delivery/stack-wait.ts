import { setTimeout as delay } from 'node:timers/promises';
import { findPrograms } from '../assets/find-program.ts';
import { run } from '../programs/run.ts';
import type { Cluster, Step } from '../provider.ts';
import { type StackView, viewStack } from './stack-view.ts';

/** A stack in a cluster. */
export interface StackName {
  readonly namespace: string;
  readonly name: string;
}

/** Between two watches, when the API server ended one. */
const retryMs = 500;

/**
 * Watches the stack until it is Ready and shows what it waits for. Rejects at the deadline, and at once when the stack is
 * `Stalled`, with what it said last.
 */
export async function waitUntilReady(
  cluster: Cluster,
  stack: StackName,
  step: Step,
  timeoutMs: number,
): Promise<StackView> {
  const deadline = AbortSignal.timeout(timeoutMs);
  let last: StackView | undefined;
  while (!deadline.aborted) {
    last = (await watchOnce(cluster, stack, step, deadline)) ?? last;
    if (last?.isReady === true) {
      return last;
    }
    if (last?.stalled !== undefined) {
      throw new Error(`${stack.namespace}/${stack.name} is stalled. ${last.stalled}`);
    }
    await delay(retryMs);
  }
  const seconds = Math.round(timeoutMs / 1000);
  throw new Error(
    `${stack.namespace}/${stack.name} is not Ready after ${seconds} s: ${last?.waitingFor ?? 'never seen'}`,
  );
}

/** One watch, which ends by itself when the stack is Ready or Stalled; resolves with the last view. */
async function watchOnce(
  cluster: Cluster,
  { namespace, name }: StackName,
  step: Step,
  deadline: AbortSignal,
): Promise<StackView | undefined> {
  const { kubectl } = await findPrograms(['kubectl']);
  const finished = new AbortController();
  let last: StackView | undefined;
  const watch = run(
    [kubectl, 'get', 'ecommercestacks.ecommerce.stack', name, '-n', namespace, '--watch', '-o', 'jsonpath={@}{"\\n"}'],
    {
      env: { KUBECONFIG: cluster.kubeconfigPath },
      signal: AbortSignal.any([deadline, finished.signal]),
      onLine(line) {
        last = viewStack(line);
        step.detail(last.waitingFor);
        if (last.isReady || last.stalled !== undefined) {
          finished.abort();
        }
      },
    },
  );
  // Every end of a watch is followed by a look at what it saw, so its own error matters only as a hint.
  await watch.catch((error: unknown) => {
    if (last === undefined && !deadline.aborted) {
      step.detail(error instanceof Error ? error.message : String(error));
    }
  });
  return last;
}
