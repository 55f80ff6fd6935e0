import type { Dispatcher } from 'undici';
import type { JsonObject } from '../../api/kubernetes.ts';
import { Agent, request } from '../../kube/undici.ts';
import { deadline } from '../../runtime/deadline.ts';
import type { Member } from './observed.ts';

/** Patroni's REST API of one pod. Writing calls need the password; reading ones do not. */
export interface PatroniApi {
  /** `GET /patroni`: what this member says of itself. Rejects with `PatroniError` when it does not answer. */
  status(at: PatroniEndpoint): Promise<Member>;
  config(at: PatroniEndpoint): Promise<JsonObject>;
  patchConfig(at: PatroniEndpoint, patch: JsonObject): Promise<void>;
  /** Waits until the candidate leads, at most 30 s. */
  switchover(at: PatroniEndpoint, names: { readonly leader: string; readonly candidate: string }): Promise<void>;
  /** Restarts PostgreSQL inside the pod when a setting waits for it; waits until it runs again, at most 60 s. */
  restartPending(at: PatroniEndpoint): Promise<void>;
}

export interface PatroniEndpoint {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  readonly signal: AbortSignal;
}

/** Patroni refused, or did not answer in time; the message keeps its own words. */
export class PatroniError extends Error {
  readonly status: number;

  constructor(message: string, options: { readonly status: number; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'PatroniError';
    this.status = options.status;
  }
}

/** Reading is from memory on Patroni's side; what takes longer than this is not going to come. */
const readTimeoutMs = 3_000;

/** One client for all stacks. Patroni closes each connection after its answer, so there is nothing to pool. */
export function createPatroniApi(user: string): PatroniApi {
  const agent = new Agent({ connections: 2, pipelining: 1, connect: { timeout: readTimeoutMs } });
  const ask = (at: PatroniEndpoint, call: Call) => send(agent, at, { ...call, user });
  return {
    status: async (at) => toMember(parse(await ask(at, { method: 'GET', path: '/patroni' }))),
    config: async (at) => parse(await ask(at, { method: 'GET', path: '/config' })),
    patchConfig: async (at, patch) => {
      await ask(at, { method: 'PATCH', path: '/config', body: patch });
    },
    switchover: async (at, { leader, candidate }) => {
      await ask(at, { method: 'POST', path: '/switchover', body: { leader, candidate }, timeoutMs: 30_000 });
    },
    restartPending: async (at) => {
      await ask(at, { method: 'POST', path: '/restart', body: { restart_pending: true }, timeoutMs: 60_000 });
    },
  };
}

interface Call {
  readonly method: 'GET' | 'PATCH' | 'POST';
  readonly path: string;
  readonly body?: JsonObject;
  readonly timeoutMs?: number;
}

async function send(agent: Dispatcher, at: PatroniEndpoint, call: Call & { readonly user: string }): Promise<string> {
  const what = `${call.method} ${call.path} of Patroni at ${at.host}`;
  const timeoutMs = call.timeoutMs ?? readTimeoutMs;
  using limit = deadline(at.signal, timeoutMs);
  const reply = await request(`http://${at.host}:${at.port}${call.path}`, {
    method: call.method,
    dispatcher: agent,
    signal: limit.signal,
    headersTimeout: timeoutMs,
    ...(call.method === 'GET' ? {} : authorized(call, at.password)),
  })
    .then(async ({ statusCode, body }) => ({ statusCode, text: await body.text() }))
    .catch((cause: unknown) => {
      throw new PatroniError(`${what}: ${reasonOf(cause, timeoutMs)}`, { status: 0, cause });
    });
  // 503 of `GET /patroni` carries a full answer of a member that is not running yet.
  if (reply.statusCode >= 400 && !(call.path === '/patroni' && reply.statusCode === 503)) {
    throw new PatroniError(`${what}: ${reply.statusCode} ${reply.text.slice(0, 300)}`, { status: reply.statusCode });
  }
  return reply.text;
}

function authorized(call: Call & { readonly user: string }, password: string) {
  const token = Buffer.from(`${call.user}:${password}`).toString('base64');
  return {
    headers: { authorization: `Basic ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(call.body ?? {}),
  };
}

function reasonOf(cause: unknown, timeoutMs: number): string {
  if (cause instanceof Error && cause.name === 'TimeoutError') {
    return `no answer within ${timeoutMs} ms`;
  }
  return cause instanceof Error ? cause.message : String(cause);
}

function parse(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) {
      // JSON.parse makes nothing but JSON.
      return value as JsonObject;
    }
  } catch (cause) {
    throw new PatroniError(`Patroni's answer is not JSON: ${text.slice(0, 100)}`, { status: 200, cause });
  }
  throw new PatroniError(`Patroni's answer is not an object: ${text.slice(0, 100)}`, { status: 200 });
}

/** Reads what every version since 3.0 says; 4.x spells the leader's role `primary`. Exported for tests. */
export function toMember(answer: JsonObject): Member {
  const patroni = answer['patroni'];
  const version = typeof patroni === 'object' && patroni !== null && 'version' in patroni ? patroni['version'] : null;
  return {
    state: textOf(answer['state']) ?? 'unknown',
    role: roleOf(answer['role']),
    serverVersion: numberOf(answer['server_version']),
    timeline: numberOf(answer['timeline']),
    systemIdentifier: textOf(answer['database_system_identifier']),
    pendingRestart: answer['pending_restart'] === true,
    unlocked: answer['cluster_unlocked'] === true,
    paused: answer['pause'] === true,
    patroniVersion: textOf(version),
  };
}

function roleOf(role: unknown): Member['role'] {
  if (role === 'master' || role === 'primary') {
    return 'leader';
  }
  return role === 'uninitialized' ? 'uninitialized' : 'replica';
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
