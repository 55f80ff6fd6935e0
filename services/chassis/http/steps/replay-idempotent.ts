import { createHash } from 'node:crypto';
import { headers } from '#contracts/headers.ts';
import { runDetached } from '../../context.ts';
import type { IdempotencyClaim, IdempotencyKey, IdempotencyStore } from '../../idempotency/store.ts';
import { ProblemError } from '../../problem.ts';
import type { Reply } from '../route.ts';
import type { Pipeline, Step, StepContext } from './state.ts';

/**
 * Carries a request with an `Idempotency-Key` out once, and answers its repetitions with the first reply.
 *
 * Refusals and failures are not remembered: the client may correct the cause and use the same key again.
 */
export function replayIdempotent<Deps>(pipeline: Pipeline<Deps>): Step<Deps> {
  return async (ctx, next) => {
    const key = readKey(ctx);
    if (key === undefined) return next();
    const store = storeOf(pipeline.idempotency);
    const claim = await store.claim(key);
    if (claim.state === 'claimed') return carryOut(ctx, store, { key, token: claim.token, next });
    const reply = repeated(claim);
    ctx.state.reply = { ...reply, headers: { ...reply.headers, 'idempotent-replayed': 'true' } };
  };
}

async function carryOut<Deps>(
  ctx: StepContext<Deps>,
  store: IdempotencyStore,
  claim: { readonly key: IdempotencyKey; readonly token: string; readonly next: () => Promise<unknown> },
): Promise<void> {
  try {
    await claim.next();
  } catch (error) {
    // The caller may have gone: what became of its request must be known to the next one all the same.
    await runDetached(() => store.release(claim.key, claim.token));
    throw error;
  }
  await runDetached(() => store.complete(claim.key, claim.token, toRemembered(ctx.state.reply)));
}

function readKey<Deps>(ctx: StepContext<Deps>): IdempotencyKey | undefined {
  const { declaration } = ctx.state.match.route;
  if (declaration.idempotency === undefined) return undefined;
  const key = ctx.req.headers[headers.idempotencyKey];
  if (key === undefined && declaration.idempotency === 'optional') return undefined;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(key)) {
    const entry = { parameter: 'Idempotency-Key', detail: 'must have 1 to 128 printable characters' };
    throw new ProblemError('invalid-parameter', `Idempotency-Key ${entry.detail}`, { errors: [entry] });
  }
  const { params, query, body, identity } = ctx.state.input;
  const content = JSON.stringify([params ?? null, query ?? null, body ?? null]);
  return {
    scope: `${declaration.operationId}:${identity?.subject ?? 'guest'}`,
    key,
    fingerprint: createHash('sha256').update(content).digest('base64url'),
  };
}

function repeated(claim: Exclude<IdempotencyClaim, { state: 'claimed' }>): Reply {
  if (claim.state === 'completed') return claim.reply;
  if (claim.state === 'running') throw new ProblemError('idempotency-in-progress', undefined, { retryAfterSeconds: 1 });
  throw new ProblemError('idempotency-key-reused');
}

/** What a repetition is told; the other headers are made anew. */
function toRemembered({ status, body, json, headers: sent = {} }: Reply): Reply {
  const kept = Object.fromEntries(Object.entries(sent).filter(([name]) => name === 'etag' || name === 'location'));
  const text = json ?? (body === undefined ? undefined : JSON.stringify(body));
  return text === undefined ? { status, headers: kept } : { status, json: text, headers: kept };
}

function storeOf(store: IdempotencyStore | undefined): IdempotencyStore {
  if (store === undefined) throw new Error('a route declares idempotency but the service has no store for it');
  return store;
}
