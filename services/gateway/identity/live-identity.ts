/** What the gateway learns from the user service again and again: keys of access tokens, and sessions that have ended. */
import { Gauge, type Registry } from 'prom-client';
import type { Pool } from 'undici';
import type { Live } from '#chassis/config/live.ts';
import { mintInternalIdentity } from '#chassis/identity/internal-identity.ts';
import type { Logger } from '#chassis/logger.ts';
import { askJson } from '#chassis/neighbours/ask-json.ts';
import { createRecurring } from '#chassis/recurring.ts';
import type { Worker } from '#chassis/service.ts';
import { endedSessionsPath, endedSessionsSchema } from '#contracts/ended-sessions.ts';
import { headers } from '#contracts/headers.ts';
import { type PublicKeySet, publicKeySetSchema } from '../settings.ts';
import { type AccessTokens, createAccessTokens } from './access-tokens.ts';
import { createEndedSessionList } from './ended-sessions.ts';
import { createVerificationKeys } from './verification-keys.ts';

export interface LiveIdentitySettings {
  readonly jwks: Live<PublicKeySet | undefined>;
  readonly issuer: string;
  readonly audience: string;
  readonly internalKeys: Live<readonly string[]>;
  readonly keyRefreshMs: number;
  readonly endedSessionsPollMs: number;
}

export interface LiveIdentityTools {
  /** Connections to the user service; absent where the stack has none. */
  readonly pool: Pool | undefined;
  readonly logger: Logger;
  readonly registry: Registry;
}

export interface LiveIdentity {
  readonly tokens: AccessTokens;
  readonly workers: readonly Worker[];
}

/** Longest wait for the user service; whoever presents an unknown key waits so long. */
const askTimeoutMs = 2000;
/** After a failure; below the five seconds within which a session that has ended must be refused. */
const retryMs = 1000;

export function openLiveIdentity(settings: LiveIdentitySettings, tools: LiveIdentityTools): LiveIdentity {
  const { pool, logger } = tools;
  const monotonic = () => performance.now();
  const keys = createVerificationKeys({
    configured: settings.jwks,
    load:
      pool &&
      (() =>
        askJson(
          pool,
          { path: '/.well-known/jwks.json', signal: AbortSignal.timeout(askTimeoutMs) },
          publicKeySetSchema,
        )),
    now: monotonic,
    onKeyGone: () => tokens.forget(),
  });
  const ended = createEndedSessionList((after) => askForEnded(pool, settings.internalKeys, after), monotonic);
  const { issuer, audience } = settings;
  const tokens = createAccessTokens({ keys, ended, issuer, audience, now: Date.now });
  if (pool === undefined) {
    if (settings.jwks.current === undefined)
      logger.warn('no user service and no APP_IDENTITY_JWKS: nobody can sign in');
    return { tokens, workers: [] };
  }
  observe(tools.registry, { keys, ended });
  const learner = (name: string, learn: () => Promise<void>, periodMs: number): Worker =>
    createRecurring(name, quietly(name, learn, { logger, periodMs }), { logger, retryMs });
  return {
    tokens,
    workers: [
      learner('keys of access tokens', () => keys.renew(), settings.keyRefreshMs),
      learner('ended sessions', () => ended.learn(), settings.endedSessionsPollMs),
    ],
  };
}

function askForEnded(pool: Pool | undefined, internalKeys: Live<readonly string[]>, after: string | undefined) {
  if (pool === undefined) throw new Error('there is no user service to ask');
  const identity = mintInternalIdentity({ subject: 'gateway', roles: ['service'] }, internalKeys.current, Date.now());
  const path = after === undefined ? endedSessionsPath : `${endedSessionsPath}?after=${after}`;
  const signal = AbortSignal.timeout(askTimeoutMs);
  const question = { path, headers: { [headers.internalIdentity]: identity }, signal };
  return askJson(pool, question, endedSessionsSchema);
}

/** One line when the user service goes away and one when it is back, not one per question. */
function quietly(
  what: string,
  learn: () => Promise<void>,
  { logger, periodMs }: { readonly logger: Logger; readonly periodMs: number },
): () => Promise<{ readonly nextMs: number }> {
  let isFailing = false;
  return async () => {
    try {
      await learn();
      if (isFailing) logger.info({ what }, 'the user service answers again');
      isFailing = false;
      return { nextMs: periodMs };
    } catch (err) {
      if (!isFailing) logger.warn({ err, what }, 'the user service does not answer: going on with what is known');
      isFailing = true;
      return { nextMs: Math.min(periodMs, retryMs) };
    }
  };
}

interface Learned {
  readonly keys: { readonly count: number; ageMs(): number };
  readonly ended: { readonly size: number; ageMs(): number };
}

function observe(registry: Registry, { keys, ended }: Learned): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('gateway_identity_keys', 'Keys that access tokens are verified with.', () => keys.count);
  gauge('gateway_identity_keys_age_seconds', 'Since the user service last told its keys.', () => keys.ageMs() / 1000);
  gauge('gateway_ended_sessions', 'Sessions whose access tokens are refused.', () => ended.size);
  gauge(
    'gateway_ended_sessions_age_seconds',
    'Since the list of ended sessions was last complete.',
    () => ended.ageMs() / 1000,
  );
}
