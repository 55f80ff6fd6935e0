/** Requests of a starting process to itself, so that the first customers do not meet code that was never compiled. */
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Logger } from './logger.ts';
import { Warmth } from './warmth.ts';

/** `import` reads all exports of the module, one of which loads a second undici: 5 MiB. */
const { Agent, get } = process.getBuiltinModule('node:http');

/** Reads one path of the service; resolves with the body, or undefined when the answer is no 200. */
export type Look = (path: string) => Promise<string | undefined>;

/** What most customers ask for: paths that read and change nothing. May look at the service itself to find them. */
export type WarmUp = (look: Look) => Promise<readonly string[]>;

/**
 * Asks for the paths in turn until that makes the service no faster, at most for `budgetMs`. One request at a time: more would take
 * from the pods beside it what serves customers. Ends at once where the service cannot answer: what is not there yet is no reason
 * not to start.
 */
export async function warmUp(
  pathsOf: WarmUp,
  { port, budgetMs, logger }: { readonly port: number; readonly budgetMs: number; readonly logger: Logger },
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const begun = performance.now();
  let requests = 0;
  let ended = 'early';
  const ask = async (path: string): Promise<{ readonly status: number; readonly body: string }> => {
    requests += 1;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ host: '127.0.0.1', port, path, agent }, resolve).on('error', reject);
    });
    return { status: response.statusCode ?? 0, body: await text(response) };
  };
  const look: Look = async (path) => {
    const { status, body } = await ask(path);
    return status === 200 ? body : undefined;
  };
  try {
    const paths = await pathsOf(look);
    if (paths.length > 0) ended = await askUntilWarm(ask, paths, begun + budgetMs);
  } catch (err) {
    logger.info({ err }, 'the warm-up ended early');
  } finally {
    agent.destroy();
  }
  logger.info({ requests, ms: Math.round(performance.now() - begun), ended }, 'warmed up');
}

/** Says why it ended. */
async function askUntilWarm(
  ask: (path: string) => Promise<{ readonly status: number }>,
  paths: readonly string[],
  endsAt: number,
): Promise<'warm' | 'out of time'> {
  const warmth = new Warmth();
  // What is on its way is waited for: every route answers within its time.
  for (let turn = 0; performance.now() < endsAt; turn += 1) {
    const askedAt = performance.now();
    const { status } = await ask(paths[turn % paths.length] ?? '/');
    if (status >= 500) throw new Error(`answered ${status}`);
    warmth.note(performance.now() - askedAt);
    if (warmth.isWarm) return 'warm';
  }
  return 'out of time';
}
