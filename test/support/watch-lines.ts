import { findPrograms } from '../../lab/assets/find-program.ts';
import { run } from '../../lab/programs/run.ts';

/** What a watch has printed so far; the end of its block ends it, and fails when it had broken off before. */
export interface Watch extends AsyncDisposable {
  readonly lines: readonly string[];
}

/**
 * What `kubectl get <args> --watch` prints, line by line as it comes: each state that an object was in, also one that a
 * question now and then would miss.
 */
export async function watchLines(
  { kubeconfigPath }: { readonly kubeconfigPath: string },
  args: readonly string[],
): Promise<Watch> {
  const { kubectl } = await findPrograms(['kubectl']);
  const lines: string[] = [];
  const stopping = new AbortController();
  const ended = run([kubectl, 'get', ...args, '--watch'], {
    env: { KUBECONFIG: kubeconfigPath },
    signal: stopping.signal,
    endsWithParent: true,
    onLine: (line) => void lines.push(line),
  }).then(
    () => new Error('the watch ended by itself'),
    (cause: unknown) => (stopping.signal.aborted ? undefined : new Error('the watch broke off', { cause })),
  );
  return {
    lines,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      const error = await ended;
      if (error !== undefined) {
        throw error;
      }
    },
  };
}
