/** Runs a service inside a test, as it is, and talks to it over HTTP. */
import type { ExecutionContext } from 'ava';
import type { Role } from '#contracts/identity.ts';
import { type Environment, openSettings, type SettingGroups } from '../config/settings.ts';
import { mintInternalIdentity } from '../identity/internal-identity.ts';
import { createLogger } from '../logger.ts';
import { startService } from '../running-service.ts';
import type { CommonGroups, ServiceDefinition } from '../service.ts';

/** Key of the internal identity in tests. */
export const testInternalKey = 'a-key-for-tests-of-at-least-32-characters';

export interface CallOptions {
  /** Signs in with these roles; absent: a guest. */
  readonly roles?: readonly Role[];
  readonly subject?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, instead of `body`; `headers` name its type. */
  readonly bytes?: Uint8Array<ArrayBuffer> | string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the request early. */
  readonly signal?: AbortSignal;
}

/** A response whose body was read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON, loosely typed: tests look into it freely. Undefined when there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test states what it expects by its assertions
  readonly json: any;
}

export interface ServiceUnderTest {
  readonly url: string;
  readonly adminUrl: string;
  /** Log lines so far. */
  readonly logs: readonly Readonly<Record<string, unknown>>[];
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Stops it early; also done when the test ends. */
  stop(): Promise<boolean>;
}

/** Starts `definition` on free ports with `environment`; every response is checked against its description. */
export async function startUnderTest<Groups extends SettingGroups & CommonGroups, Deps>(
  t: Pick<ExecutionContext, 'teardown'>,
  definition: ServiceDefinition<Groups, Deps>,
  environment: Environment,
): Promise<ServiceUnderTest> {
  const logs: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void logs.push(JSON.parse(line) as Record<string, unknown>) }; // a log line is one object
  const logger = createLogger({ service: definition.name, version: 'test', level: 'debug' }, destination);
  const { settings, reload } = openSettings(definition.settings, { ...defaults, ...environment });
  const running = await startService(definition, settings, logger, reload);
  const stop = (): Promise<boolean> => running.stop();
  t.teardown(async () => {
    await stop();
  });
  const url = `http://127.0.0.1:${running.port}`;
  return {
    url,
    adminUrl: `http://127.0.0.1:${running.adminPort}`,
    logs,
    stop,
    call: (method, path, options = {}) => call(`${url}${path}`, method, options),
  };
}

const defaults: Environment = {
  APP_PORT: '0',
  APP_ADMIN_PORT: '0',
  APP_INTERNAL_KEY: testInternalKey,
  APP_RESPONSE_CHECK: 'always',
  // A busy machine is no overloaded service.
  APP_SHED_LOOP_DELAY_MS: '0',
  APP_MAX_WAIT_MS: '30000',
  APP_SHUTDOWN_DELAY_MS: '0',
  APP_SHUTDOWN_GRACE_MS: '15000',
};

function bodyOf({ body, bytes }: CallOptions): { readonly body?: Uint8Array<ArrayBuffer> | string } {
  if (bytes !== undefined) return { body: bytes };
  return body === undefined ? {} : { body: JSON.stringify(body) };
}

/** One request; the body is read to its end. */
export async function call(url: string, method: string, options: CallOptions = {}): Promise<Answer> {
  const headers: Record<string, string> = {
    ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  if (options.roles !== undefined) {
    const identity = { subject: options.subject ?? 'tester', roles: options.roles };
    headers['x-internal-identity'] = mintInternalIdentity(identity, [testInternalKey], Date.now());
  }
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...options.headers },
    ...bodyOf(options),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    redirect: 'manual',
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.match(/[/+]json/) != null && text !== '';
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
}
