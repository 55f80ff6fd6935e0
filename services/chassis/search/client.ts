/** The connection of a service to Elasticsearch: JSON over pooled connections to all nodes in turn. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { doublingMs } from '../doubling.ts';
import type { Check } from '../health.ts';
import { Pool } from '../http/undici.ts';
import type { Metrics } from '../metrics.ts';
import { withTimeLimit } from '../time-limit.ts';
import { SearchRefusedError, SearchUnavailableError } from './errors.ts';
import { type SearchMetrics, searchMetrics } from './metrics.ts';
import { Nodes } from './nodes.ts';

export interface SearchSettings {
  readonly urls: readonly string[];
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** PEM; without it the well-known authorities. */
  readonly caCertificate?: string | undefined;
  readonly connectTimeoutMs: number;
  /** For one attempt, milliseconds. */
  readonly requestTimeoutMs: number;
  /** Attempts of a request that is safe to repeat. */
  readonly maxAttempts: number;
}

export interface SearchRequest {
  /** Label of the metrics, e.g. `search`. */
  readonly operation: string;
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** With its query. */
  readonly path: string;
  /** An object, or the lines of a bulk request. */
  readonly body?: object | string;
  /** Asking twice is as asking once: it may be repeated when nobody answered. */
  readonly isSafe: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface SearchClient {
  /**
   * The answer's JSON (`undefined` when it has none). Rejects with `SearchRefusedError` or `SearchUnavailableError`. A
   * request that never reached a node is repeated whether it is safe or not.
   */
  send<T>(request: SearchRequest): Promise<T>;
  close(): Promise<void>;
}

const connectionsPerNode = 10;
/** Answers of a node that is overloaded or has no master just now: another attempt may be luckier. */
const busyStatuses = new Set([429, 502, 503, 504]);
/** Doubles with each attempt, from the first to the last: a lost master is replaced within seconds, not at once. */
const retryDelayMs = { first: 100, last: 2000 } as const;

/** Opens nothing yet: a service starts while Elasticsearch is still down. */
export function openSearch(settings: SearchSettings, metrics: Metrics): SearchClient {
  const pools = settings.urls.map((url) => toNode(url, settings));
  const nodes = new Nodes(pools);
  const client = { nodes, settings, measures: searchMetrics(metrics) };
  return {
    // `as`: the caller names the format of the answer to its own request.
    send: <T>(request: SearchRequest) => measured(client, request) as Promise<T>,
    close: async () => {
      await Promise.all(pools.map(({ pool }) => pool.close()));
    },
  };
}

/** Asks one node whether it has a master. Whoever can answer without the search passes `isRequired: false`. */
export function createSearchCheck(client: SearchClient, isRequired: boolean): Check {
  return {
    name: 'elasticsearch',
    isRequired,
    probe: async () => {
      const path = '/_cluster/health?filter_path=status&master_timeout=700ms&timeout=700ms';
      const { status } = await client.send<{ status: string }>({
        operation: 'health',
        method: 'GET',
        path,
        isSafe: true,
      });
      if (status === 'red') throw new Error('elasticsearch is red: indices cannot be used');
    },
  };
}

interface SearchNode {
  readonly pool: Pool;
  /** Path before all requests, of a server behind a proxy. */
  readonly prefix: string;
}

interface Client {
  readonly nodes: Nodes<SearchNode>;
  readonly settings: SearchSettings;
  readonly measures: SearchMetrics;
}

function toNode(text: string, { caCertificate, connectTimeoutMs }: SearchSettings): SearchNode {
  const url = new URL(text);
  const pool = new Pool(url.origin, {
    connections: connectionsPerNode,
    pipelining: 1,
    connect: { timeout: connectTimeoutMs, ...(caCertificate === undefined ? {} : { ca: caCertificate }) },
  });
  return { pool, prefix: url.pathname.replace(/\/$/, '') };
}

async function measured(client: Client, request: SearchRequest): Promise<unknown> {
  const { operation } = request;
  const stop = client.measures.duration.startTimer({ operation });
  try {
    const answer = await attemptAll(client, request);
    client.measures.requests.inc({ operation, outcome: 'ok' });
    return answer;
  } catch (error) {
    const outcome = error instanceof SearchRefusedError ? 'refused' : 'unavailable';
    client.measures.requests.inc({ operation, outcome });
    throw error;
  } finally {
    stop();
  }
}

async function attemptAll(client: Client, request: SearchRequest): Promise<unknown> {
  const { maxAttempts } = client.settings;
  for (let attempt = 1; ; attempt += 1) {
    const result = await attemptOnce(client, request);
    if ('answer' in result) return result.answer;
    const mayRepeat = request.isSafe || result.neverArrived;
    if (!mayRepeat || !result.isPassing || attempt >= maxAttempts || request.signal?.aborted === true) {
      throw result.error;
    }
    client.measures.retries.inc({ operation: request.operation });
    await delay(
      doublingMs(retryDelayMs, attempt),
      undefined,
      request.signal === undefined ? {} : { signal: request.signal },
    );
  }
}

type Attempt =
  | { readonly answer: unknown }
  | { readonly error: Error; readonly isPassing: boolean; readonly neverArrived: boolean };

async function attemptOnce({ nodes, settings }: Client, request: SearchRequest): Promise<Attempt> {
  const node = nodes.next();
  const what = `${request.method} ${request.path.split('?')[0]}`;
  try {
    const reply = await deliver(node, settings, request);
    if (busyStatuses.has(reply.status)) nodes.spare(node);
    else nodes.praise(node);
    return reply.status < 400 ? { answer: parse(reply.text) } : refused(what, reply);
  } catch (cause) {
    const isCallers = request.signal?.aborted === true;
    if (!isCallers) nodes.blame(node);
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new SearchUnavailableError(what, reason, cause);
    return { error, isPassing: !isCallers, neverArrived: isRefusedConnection(cause) };
  }
}

interface Reply {
  readonly status: number;
  readonly text: string;
}

function deliver({ pool, prefix }: SearchNode, settings: SearchSettings, request: SearchRequest): Promise<Reply> {
  const { method, path, body } = request;
  return withTimeLimit(settings.requestTimeoutMs, request.signal, async (signal) => {
    const reply = await pool.request({
      method,
      path: `${prefix}${path}`,
      signal,
      headers: headersOf(settings, body),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    } satisfies Dispatcher.RequestOptions);
    return { status: reply.statusCode, text: await reply.body.text() };
  });
}

function headersOf({ username, password }: SearchSettings, body: SearchRequest['body']): Record<string, string> {
  const token = Buffer.from(`${username}:${password ?? ''}`).toString('base64');
  const format = typeof body === 'string' ? 'application/x-ndjson' : 'application/json';
  return {
    accept: 'application/json',
    ...(username === undefined ? {} : { authorization: `Basic ${token}` }),
    ...(body === undefined ? {} : { 'content-type': format }),
  };
}

function refused(what: string, { status, text }: Reply): Attempt {
  const error = new SearchRefusedError(what, { status, ...reasonOf(text) });
  return { error, isPassing: busyStatuses.has(status), neverArrived: false };
}

function reasonOf(text: string): { readonly type: string; readonly reason: string } {
  try {
    // `as`: the format of the server's errors; whatever else comes is not found.
    const { error } = JSON.parse(text) as { error?: { type?: string; reason?: string } | string };
    if (typeof error === 'string') return { type: 'unknown', reason: error };
    return { type: error?.type ?? 'unknown', reason: error?.reason ?? text.slice(0, 200) };
  } catch {
    return { type: 'unknown', reason: text.slice(0, 200) };
  }
}

function parse(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text);
}

/** The connection was not made, so nothing was sent. */
function isRefusedConnection(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return (
    code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENOTFOUND' || code === 'UND_ERR_CONNECT_TIMEOUT'
  );
}
