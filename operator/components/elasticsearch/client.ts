import { createHash } from 'node:crypto';
import type { Dispatcher } from 'undici';
import type { JsonObject } from '../../api/kubernetes.ts';
import { Agent, request } from '../../kube/undici.ts';
import { deadline } from '../../runtime/deadline.ts';

/** The only I/O of this component: single requests to single nodes over connections that are kept for a while. */

/** Where a server answers: `http://10.0.0.1:9200`. */
export interface ServerTarget {
  readonly url: string;
}

export interface Access {
  /** Empty: no login. */
  readonly username: string;
  readonly password: string;
  /** PEM of the authority that signed the server's certificate; `undefined`: the well-known ones. */
  readonly ca: string | undefined;
}

export interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: JsonObject;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Default 5000: with its questions to the master a healthy node answers within tens. */
  readonly timeoutMs?: number;
}

/** The server does not let us in: wrong password, missing user, missing right. */
export class LoginRefusedError extends Error {
  constructor(target: ServerTarget, what: string) {
    super(`Elasticsearch at ${target.url} refuses the login: ${what}`);
    this.name = 'LoginRefusedError';
  }
}

/** No connection, or no answer in time. */
export class ServerSilentError extends Error {
  constructor(target: ServerTarget, reason: string, cause?: unknown) {
    super(`Elasticsearch at ${target.url} does not answer: ${reason}`, { cause });
    this.name = 'ServerSilentError';
  }
}

/** The server answered with an error; the message keeps its own words. */
export class RequestRefusedError extends Error {
  readonly status: number;

  constructor(target: ServerTarget, call: Call, { status, reason }: { status: number; reason: string }) {
    super(`Elasticsearch at ${target.url} refused ${call.method} ${call.path.split('?')[0]}: ${status} ${reason}`);
    this.name = 'RequestRefusedError';
    this.status = status;
  }
}

const defaultTimeoutMs = 5000;
/** A connection that nobody used for so long is closed. */
const idleMs = 30_000;

const agents = new Map<string, Dispatcher>();

/** The server's answer, `undefined` when it has none; rejects with one of the errors above. */
export async function ask(target: ServerTarget, access: Access, call: Call, options: CallOptions): Promise<unknown> {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const { status, text } = await send({ target, access, timeoutMs, signal: options.signal }, call);
  if (status === 401 || status === 403) {
    throw new LoginRefusedError(target, reasonOf(text));
  }
  if (status >= 400) {
    throw new RequestRefusedError(target, call, { status, reason: reasonOf(text) });
  }
  return parse(target, text);
}

/** Closes what is open: for the end of the process and of tests. */
export async function closeConnections(): Promise<void> {
  const open = [...agents.values()];
  agents.clear();
  await Promise.all(open.map((agent) => agent.destroy()));
}

interface Delivery {
  readonly target: ServerTarget;
  readonly access: Access;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

async function send({ target, access, timeoutMs, signal }: Delivery, { method, path, body }: Call) {
  using limit = deadline(signal, timeoutMs);
  try {
    const reply = await request(`${target.url.replace(/\/+$/, '')}${path}`, {
      method,
      dispatcher: agentFor(access.ca),
      signal: limit.signal,
      headers: headersOf(access, body !== undefined),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: reply.statusCode, text: await reply.body.text() };
  } catch (cause) {
    throw new ServerSilentError(target, wordsOf(cause, timeoutMs), cause);
  }
}

function headersOf({ username, password }: Access, hasBody: boolean): Record<string, string> {
  const token = Buffer.from(`${username}:${password}`).toString('base64');
  return {
    accept: 'application/json',
    ...(username === '' ? {} : { authorization: `Basic ${token}` }),
    ...(hasBody ? { 'content-type': 'application/json' } : {}),
  };
}

function agentFor(ca: string | undefined): Dispatcher {
  const key = ca === undefined ? '' : createHash('sha256').update(ca).digest('base64url');
  const known = agents.get(key);
  if (known !== undefined) {
    return known;
  }
  const connect = { timeout: 2000, ...(ca === undefined || ca === '' ? {} : { ca }) };
  const agent = new Agent({ connections: 8, pipelining: 1, keepAliveTimeout: idleMs, connect });
  agents.set(key, agent);
  return agent;
}

function parse(target: ServerTarget, text: string): unknown {
  if (text === '') {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ServerSilentError(target, `its answer is not JSON: ${text.slice(0, 100)}`, cause);
  }
}

/** `reason` of Elasticsearch's error objects, or the beginning of the text. */
function reasonOf(text: string): string {
  try {
    // The format of the server's errors; whatever else comes is not found.
    const { error } = JSON.parse(text) as { error?: { reason?: string } | string };
    return (typeof error === 'string' ? error : error?.reason) ?? text.slice(0, 200);
  } catch {
    return text.slice(0, 200);
  }
}

function wordsOf(cause: unknown, timeoutMs: number): string {
  if (cause instanceof Error && cause.name === 'TimeoutError') {
    return `no answer in ${timeoutMs} ms`;
  }
  return cause instanceof Error ? cause.message : String(cause);
}
