/** Pages that are put together from several services: asked at once, each with its own time, and shown without what is missing. */
import type { z } from 'zod';
import type { RequestContext } from '#chassis/context.ts';
import type { Client } from '#chassis/http/route.ts';
import { ProblemError, toProblem } from '#chassis/problem.ts';
import { withTimeLimit } from '#chassis/time-limit.ts';
import { formatTraceparent, headers } from '#contracts/headers.ts';
import type { ProblemCode } from '#contracts/problems.ts';
import type { UpstreamName } from '#contracts/services.ts';
import { askService } from '../proxy/ask-service.ts';
import type { Upstreams } from '../proxy/upstreams.ts';

/** A part of a page that is missing, and why. */
export interface Warning {
  readonly part: string;
  readonly code: ProblemCode;
}

/** On whose behalf a page is made. */
export interface Visit {
  readonly context: RequestContext;
  readonly client: Client;
}

export interface PartSource<Schema extends z.ZodType> {
  readonly upstream: UpstreamName;
  readonly path: string;
  readonly schema: Schema;
  /** Who asks, where the part is one person's; absent: a guest. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Longest wait for a part: a page without it is better than one that comes late. */
const partTimeoutMs = 2000;

/**
 * Asks for a part, as a guest unless `headers` say who asks: pages that are the same for everybody may be kept by caches. Rejects
 * with a problem when the part cannot be had.
 */
export async function askForPart<Schema extends z.ZodType>(
  upstreams: Pick<Upstreams, 'of'>,
  { context, client }: Visit,
  { upstream, path, schema, headers: identity = {} }: PartSource<Schema>,
): Promise<z.output<Schema>> {
  const service = upstreams.of(upstream);
  if (service === undefined) throw new ProblemError('upstream-not-deployed');
  const timeoutMs = Math.max(1, Math.floor(Math.min(partTimeoutMs, context.remainingMs())));
  const sent = {
    ...identity,
    [headers.requestId]: context.requestId,
    [headers.traceparent]: formatTraceparent(context.traceId),
    [headers.deadlineMs]: String(timeoutMs),
    'x-forwarded-for': client.address,
  };
  return withTimeLimit(timeoutMs, context.signal, (signal) =>
    askService(service, { path, headers: sent, signal }, schema),
  );
}

/** Waits for optional parts, all at once; those that fail are null, and `warnings` says why. */
export async function gatherParts<Parts extends Readonly<Record<string, Promise<unknown>>>>(
  parts: Parts,
): Promise<{ readonly values: { [Name in keyof Parts]: Awaited<Parts[Name]> | null }; readonly warnings: Warning[] }> {
  const names = Object.keys(parts);
  const results = await Promise.allSettled(Object.values(parts));
  const warnings: Warning[] = [];
  const values = results.map((result, index) => {
    const part = names[index] ?? '';
    if (result.status === 'fulfilled') return [part, result.value];
    warnings.push({ part, code: toProblem(result.reason).code });
    return [part, null];
  });
  return { values: Object.fromEntries(values), warnings };
}
