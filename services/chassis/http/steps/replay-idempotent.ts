import { createHash } from 'node:crypto';
import { headers } from '#contracts/headers.ts';
import { runDetached } from '../../context.ts';
import type { IdempotencyClaim, IdempotencyKey, IdempotencyStore } from '../../idempotency/store.ts';
import { ProblemError } from '../../problem.ts';
import type { Reply } from '../route.ts';
import { type Pipeline, type Step, type StepContext, writeReply } from './state.ts';

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
    writeReply(ctx, repeated(claim));
    ctx.set('idempotent-replayed', 'true');
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
  await runDetached(() => store.complete(claim.key, claim.token, toReply(ctx)));
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

function toReply<Deps>(ctx: StepContext<Deps>): Reply {
  const names = ['etag', 'location'].filter((name) => ctx.response.get(name) !== '');
  const kept = Object.fromEntries(names.map((name) => [name, ctx.response.get(name)]));
  return typeof ctx.body === 'string'
    ? { status: ctx.status, json: ctx.body, headers: kept }
    : { status: ctx.status, headers: kept };
}

function storeOf(store: IdempotencyStore | undefined): IdempotencyStore {
  if (store === undefined) throw new Error('a route declares idempotency but the service has no store for it');
  return store;
}
