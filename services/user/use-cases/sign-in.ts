/** Signing in, and keeping signed in. */
import { newEvent } from '#chassis/events/cloud-event.ts';
import { networkOf } from '#chassis/http/ip-address.ts';
import type { Client } from '#chassis/http/route.ts';
import type { Connection, Transaction } from '#chassis/postgres/statement.ts';
import { ProblemError } from '#chassis/problem.ts';
import { userSessionCompromised } from '#contracts/events/user.ts';
import type { UserDeps } from '../deps.ts';
import { emailKey } from '../domain/email.ts';
import type { AccessTokenSubject } from '../secrets/access-tokens.ts';
import { createOpaqueToken, digestToken } from '../secrets/opaque-token.ts';
import { type Credentials, readCredentials, replacePasswordHash } from '../store/accounts.ts';
import { type AuthOutcome, recordAuthEvent } from '../store/auth-events.ts';
import {
  endSession,
  endSessionOfToken,
  type FoundToken,
  lockRefreshToken,
  openSession,
  rotateRefreshToken,
} from '../store/sessions.ts';
import { chargeCounters, clearCounters, countersOf, networkCounterOf } from '../store/sign-in-attempts.ts';

/** What a signed-in client holds. */
export interface TokenSet {
  readonly tokenType: 'Bearer';
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  readonly refreshToken: string;
  readonly refreshExpiresAt: string;
}

/** From where an attempt comes, for comparing only. */
export interface Origin {
  readonly addressDigest: string;
  readonly networkDigest: string;
}

export function originOf({ digestAddress }: UserDeps, { address }: Client): Origin {
  return { addressDigest: digestAddress(address), networkDigest: digestAddress(networkOf(address)) };
}

/**
 * Throws `sign-in-locked` while the account, this caller's way to it or the caller's network is locked; otherwise the attempt is
 * charged to the account. The network is charged for what has failed: many sign in at the same moment from behind one address, and
 * those that slip through meanwhile are no more than can wait for their hash.
 */
export async function chargeSignIn(
  deps: UserDeps,
  key: string,
  { addressDigest, networkDigest, userId }: Origin & { readonly userId?: string },
): Promise<void> {
  const counters = countersOf(deps.personalData.lookup(key), addressDigest, deps.lockout);
  const network = networkCounterOf(networkDigest, deps.lockout);
  const { lockedForMs } = await deps.database.transaction((connection) =>
    chargeCounters(connection, counters, network),
  );
  if (lockedForMs === 0) return;
  await audit(deps.database.primary, 'sign-in', 'locked', { userId, addressDigest });
  throw new ProblemError('sign-in-locked', undefined, { retryAfterSeconds: Math.ceil(lockedForMs / 1000) });
}

/** Writes down that a password was wrong, and charges the network with it. */
export async function recordWrongPassword(
  deps: UserDeps,
  kind: 'sign-in' | 'change-password',
  { addressDigest, networkDigest, userId }: Origin & { readonly userId: string | undefined },
): Promise<void> {
  await deps.database.transaction(async (connection) => {
    await chargeCounters(connection, [networkCounterOf(networkDigest, deps.lockout)]);
    await recordAuthEvent(connection, { userId, kind, outcome: 'failed', addressDigest });
  });
}

/**
 * Signs in. An unknown address, a wrong password and an account that is not verified yet are answered alike and after the
 * same work; the attempt is charged before the password is looked at.
 */
export function signIn(deps: UserDeps, attempt: Attempt, client: Client): Promise<TokenSet> {
  return deps.signIns.run(() => tryToSignIn(deps, attempt, client));
}

interface Attempt {
  readonly email: string;
  readonly password: string;
}

async function tryToSignIn(deps: UserDeps, attempt: Attempt, client: Client): Promise<TokenSet> {
  const key = emailKey(attempt.email);
  const origin = originOf(deps, client);
  const { addressDigest } = origin;
  await chargeSignIn(deps, key, origin);
  const credentials = await readCredentials(deps.database.primary, deps.personalData, { emailKey: key });
  const isRight = await deps.passwords.verify(attempt.password, credentials?.passwordHash);
  if (credentials === undefined || !isRight) {
    await recordWrongPassword(deps, 'sign-in', { ...origin, userId: credentials?.id });
    throw new ProblemError('invalid-credentials');
  }
  if (credentials.status !== 'active') {
    await audit(deps.database.primary, 'sign-in', 'failed', { userId: credentials.id, addressDigest });
    throw new ProblemError('account-locked');
  }
  const passwordHash = await renewHash(deps, credentials, attempt.password);
  return openTokens(deps, { ...credentials, passwordHash }, { ...client, addressDigest });
}

/** The hash under today's parameters: only now is the password at hand. */
async function renewHash(deps: UserDeps, { id, passwordHash }: Credentials, password: string): Promise<string> {
  if (!deps.passwords.isOutdated(passwordHash)) return passwordHash;
  const after = await deps.passwords.hash(password);
  const isReplaced = await replacePasswordHash(deps.database.primary, id, { before: passwordHash, after });
  return isReplaced ? after : passwordHash;
}

async function openTokens(
  deps: UserDeps,
  credentials: Credentials,
  client: Client & { readonly addressDigest: string },
): Promise<TokenSet> {
  const token = createOpaqueToken();
  const sessionId = deps.newId();
  const { id: userId, passwordHash, emailKey: key } = credentials;
  const { userAgent, addressDigest } = client;
  const session = { id: sessionId, userId, passwordHash, userAgent, addressDigest, tokenDigest: token.digest };
  const opened = await deps.database.transaction(async (connection) => {
    const result = await openSession(connection, session, deps.sessions);
    if (result !== undefined) {
      await clearCounters(
        connection,
        countersOf(deps.personalData.lookup(key), addressDigest, deps.lockout).map((counter) => counter.key),
      );
    }
    await audit(connection, 'sign-in', result === undefined ? 'failed' : 'succeeded', { userId, addressDigest });
    return result;
  });
  if (opened === undefined) throw new ProblemError('invalid-credentials');
  return toTokenSet(
    deps,
    { userId, sessionId, roles: opened.roles, methods: opened.methods },
    { token: token.text, ...opened },
  );
}

async function toTokenSet(
  deps: UserDeps,
  subject: AccessTokenSubject,
  refresh: { readonly token: string; readonly refreshExpiresAt: string },
): Promise<TokenSet> {
  return {
    tokenType: 'Bearer',
    accessToken: await deps.accessTokens.issue(subject),
    expiresInSeconds: deps.accessTokens.lifetimeSeconds,
    refreshToken: refresh.token,
    refreshExpiresAt: refresh.refreshExpiresAt,
  };
}

type Renewal =
  | { readonly state: 'renewed'; readonly found: FoundToken; readonly refreshExpiresAt: string }
  | { readonly state: 'refused' };

/**
 * Gives a new pair for a refresh token, which is used up by that. Whoever presents a used one shows that two have it: the
 * session ends for both, whichever of them came first.
 */
export async function refreshTokens(deps: UserDeps, refreshToken: string, client: Client): Promise<TokenSet> {
  const used = digestToken(refreshToken);
  const next = createOpaqueToken();
  const addressDigest = deps.digestAddress(client.address);
  // A refusal is a result and no throw: what it has ended must be committed.
  const renewal = await deps.database.transaction(async (connection): Promise<Renewal> => {
    const found = await lockRefreshToken(connection, used);
    if (found?.isUsed) await endCompromised(deps, connection, found, addressDigest);
    if (found === undefined || !isRenewable(found)) return { state: 'refused' };
    const refreshExpiresAt = await rotateRefreshToken(connection, { used, next: next.digest }, deps.sessions);
    return { state: 'renewed', found, refreshExpiresAt };
  });
  if (renewal.state === 'refused') throw new ProblemError('invalid-refresh-token');
  return toTokenSet(deps, renewal.found, { token: next.text, refreshExpiresAt: renewal.refreshExpiresAt });
}

function isRenewable({ isUsed, isExpired, isEnded, status }: FoundToken): boolean {
  return !isUsed && !isExpired && !isEnded && status === 'active';
}

async function endCompromised(
  deps: UserDeps,
  connection: Transaction,
  { sessionId, userId }: FoundToken,
  addressDigest: string,
): Promise<void> {
  const isEndedNow = await endSession(connection, { id: sessionId, userId }, 'token-reused');
  await audit(connection, 'refresh', 'reused', { userId, addressDigest });
  if (isEndedNow) {
    await deps.outbox.append(connection, newEvent(userSessionCompromised, { userId, sessionId }));
  }
}

/** Ends the session of a refresh token. A token that is not known is as good as signed out. */
export async function signOut(deps: UserDeps, refreshToken: string, client: Client): Promise<void> {
  await deps.database.transaction(async (connection) => {
    const userId = await endSessionOfToken(connection, digestToken(refreshToken));
    if (userId === undefined) return;
    const addressDigest = deps.digestAddress(client.address);
    await audit(connection, 'sign-out', 'succeeded', { userId, addressDigest });
  });
}

function audit(
  connection: Connection,
  kind: 'sign-in' | 'refresh' | 'sign-out',
  outcome: AuthOutcome,
  about: { readonly userId: string | undefined; readonly addressDigest: string },
): Promise<void> {
  return recordAuthEvent(connection, { kind, outcome, ...about });
}
