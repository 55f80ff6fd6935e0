/** Calls to another service of the shop as a service: with a deadline, our own identity, and figures. */
import { Histogram, type Registry } from 'prom-client';
import type { z } from 'zod';
import { formatTraceparent, headers } from '#contracts/headers.ts';
import type { Identity } from '#contracts/identity.ts';
import type { ServiceName } from '#contracts/services.ts';
import type { Live } from '../config/live.ts';
import { currentContext } from '../context.ts';
import { Pool } from '../http/undici.ts';
import { createIdentityMinter } from '../identity/internal-identity.ts';
import { latencyBuckets } from '../metrics.ts';
import { ProblemError } from '../problem.ts';
import { withTimeLimit } from '../time-limit.ts';
import { askJson, UnexpectedStatusError } from './ask-json.ts';

/** The neighbour did not give an answer that can be used: away, too slow, too long, in another form, or an error of its own. */
export class NeighbourError extends Error {
  override readonly name = 'NeighbourError';
  /** Of an answer that is not 200; nothing where there was none, or one that cannot be read. */
  readonly status: number | undefined;

  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.status = options.cause instanceof UnexpectedStatusError ? options.cause.status : undefined;
  }
}

export interface Neighbour {
  /**
   * What is answered with 200, if the schema knows it. Throws `NeighbourError`; a `ProblemError`, as a database does, when the caller of
   * the request that is being served has left.
   */
  get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>>;
  close(): Promise<void>;
}

export interface NeighbourOptions {
  readonly name: ServiceName;
  readonly origin: string;
  /** Longest wait for an answer; the deadline of the request that is being served may be sooner. */
  readonly timeoutMs: number;
  /** The service that calls. */
  readonly caller: ServiceName;
  /** Of the internal identity. */
  readonly keys: Live<readonly string[]>;
  readonly registry: Registry;
}

/** Below the services' own 65 s, so that it is always we who close an idle connection. */
const keepAliveMs = 30_000;

/** Connects with the first call. */
export function openNeighbour(options: NeighbourOptions): Neighbour {
  const { name, origin, timeoutMs, caller, keys, registry } = options;
  const pool = new Pool(origin, {
    connections: 16,
    pipelining: 1,
    connect: { timeout: timeoutMs },
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    // A Service spreads connections, not requests: renewing them lets new pods have their share.
    clientTtl: 60_000,
  });
  const duration = durationOf(registry);
  const self: Identity = { subject: caller, roles: ['service'] };
  const mint = createIdentityMinter(keys);
  return {
    get: async (path, schema) => {
      const begun = performance.now();
      let outcome = 'failed';
      try {
        const context = currentContext();
        const leftMs = timeLeft(name, timeoutMs);
        const sent = headersOf(leftMs, mint(self, Date.now()));
        // It ends when the caller of the request leaves: all calls are reads, so nothing is left half done.
        const answer = await withTimeLimit(leftMs, context?.signal, (signal) =>
          askJson(pool, { path, signal, headers: sent }, schema),
        );
        outcome = 'ok';
        return answer;
      } catch (cause) {
        const error = toError(name, cause);
        if (!(error instanceof NeighbourError)) outcome = 'cancelled';
        throw error;
      } finally {
        duration.observe({ neighbour: name, outcome }, (performance.now() - begun) / 1000);
      }
    },
    close: () => pool.close(),
  };
}

function toError(name: ServiceName, cause: unknown): Error {
  // Nobody waits for the answer any more: that says nothing of the neighbour, and must not be taken for its failure.
  const gone = currentContext()?.cancelled;
  if (gone !== undefined) return new ProblemError('deadline-exceeded', undefined, { cause: gone });
  if (cause instanceof NeighbourError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new NeighbourError(`the ${name} service gave no answer that can be used: ${reason}`, { cause });
}

/** In background work only what is ours. */
function timeLeft(name: ServiceName, timeoutMs: number): number {
  const leftMs = Math.floor(Math.min(timeoutMs, currentContext()?.remainingMs() ?? timeoutMs));
  if (leftMs <= 0) throw new NeighbourError(`no time is left to ask the ${name} service`);
  return leftMs;
}

/** What a call has of the request that is being served. */
function headersOf(leftMs: number, identity: string): Readonly<Record<string, string>> {
  const context = currentContext();
  return {
    [headers.deadlineMs]: String(leftMs),
    [headers.internalIdentity]: identity,
    [headers.traceparent]: formatTraceparent(context?.traceId),
    ...(context === undefined ? {} : { [headers.requestId]: context.requestId }),
  };
}

/** One metric for all neighbours. */
function durationOf(registry: Registry): Histogram {
  const name = 'neighbour_request_duration_seconds';
  const present = registry.getSingleMetric(name);
  if (present instanceof Histogram) return present;
  return new Histogram({
    name,
    help: 'Time of one call to another service.',
    labelNames: ['neighbour', 'outcome'],
    buckets: latencyBuckets,
    registers: [registry],
  });
}
