import type { Environment } from '#chassis/config/settings.ts';
import { type Answer, type CallOptions, call, testInternalKey } from '#chassis/testing/service-under-test.ts';
import type { ServiceName } from '#contracts/services.ts';
import { waitFor } from '../../../lab/control-plane/wait.ts';
import { startNode } from './node-program.ts';

/** How a service is started. */
export interface ServiceStart {
  /** Flags of Node and the file. */
  readonly words: readonly string[];
  readonly directory: string;
  /** Variables that an image sets. */
  readonly environment?: Environment;
}

/** A service as a process of its own. */
export interface ServiceProgram extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  readonly url: string;
  /** One request; the body is read to its end. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

const readyTimeoutMs = 60_000;

/** The sources of this checkout; the images have the same as JavaScript. */
export function fromSources(service: ServiceName): ServiceStart {
  return { words: [`services/${service}/main.ts`], directory: '.' };
}

/** Settings of every service in a bench: free ports, and one key for all. */
const common: Environment = {
  APP_PORT: '0',
  APP_ADMIN_PORT: '0',
  APP_INTERNAL_KEY: testInternalKey,
  APP_SHUTDOWN_DELAY_MS: '0',
};

/** Starts a service; resolves when it is ready. It is killed at the end: what it holds is thrown away. */
export async function startService(
  name: ServiceName,
  environment: Environment,
  start: ServiceStart = fromSources(name),
): Promise<ServiceProgram> {
  await using stack = new AsyncDisposableStack();
  const program = stack.use(
    await startNode({ name, ...start, environment: { ...start.environment, ...common, ...environment } }),
  );
  const url = `http://127.0.0.1:${program.ports.port}`;
  const health = () => call(`${url}/health`, 'GET');
  await waitFor(`${name} is ready`, async () => (await health()).status === 200, {
    timeoutMs: readyTimeoutMs,
    explain: async () => `${(await health()).text}\n${program.lines.join('\n')}`,
  });
  program.discardOutput();
  const owned = stack.move();
  return {
    name,
    pid: program.pid,
    url,
    call: (method, path, options) => call(`${url}${path}`, method, options),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
