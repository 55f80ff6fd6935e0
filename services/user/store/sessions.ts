/** Sessions and their refresh tokens. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import type { Role } from '#contracts/identity.ts';
import type { AccountStatus } from '../domain/account.ts';

export type EndReason = 'signed-out' | 'token-reused' | 'password-changed' | 'locked' | 'erased';

export interface SessionLimits {
  readonly idleDays: number;
  readonly maxDays: number;
}

export interface NewSession {
  readonly id: string;
  readonly userId: string;
  /** The hash that the password was compared with. */
  readonly passwordHash: string;
  readonly userAgent: string | undefined;
  readonly addressDigest: string;
  readonly tokenDigest: Buffer;
}

export interface OpenedSession {
  readonly roles: readonly Role[];
  /** How the person proved who it is, in the words of RFC 8176. */
  readonly methods: readonly string[];
  readonly refreshExpiresAt: string;
}

/**
 * The account is locked while the session is made, and must still have the password that was checked: a password that is
 * changed at the same moment ends either the session or the attempt.
 */
const open = sql(
  'session_open',
  `with account as (
     select id, roles from users where id = $2 and password_hash = $3 and status = 'active' for share
   ), opened as (
     insert into sessions (id, user_id, user_agent, address_digest, expires_at)
     select $1, id, $4, $5, now() + make_interval(days => $6) from account returning id, expires_at, methods
   ), token as (
     insert into refresh_tokens (token_hash, session_id, expires_at)
     select $7, id, least(expires_at, now() + make_interval(days => $8)) from opened returning expires_at
   )
   select roles, methods, ${utc('token.expires_at')} as "refreshExpiresAt" from account, opened, token`,
);

/** Opens a session; nothing when the account changed since its password was checked. */
export async function openSession(
  connection: Connection,
  session: NewSession,
  { idleDays, maxDays }: SessionLimits,
): Promise<OpenedSession | undefined> {
  const { id, userId, passwordHash, userAgent, addressDigest, tokenDigest } = session;
  const client = [userAgent?.slice(0, 256) ?? null, addressDigest];
  const values = [id, userId, passwordHash, ...client, maxDays, tokenDigest, idleDays];
  const [row] = await connection.rows<OpenedSession>(open, values);
  return row;
}

/** A refresh token as it was found, locked together with its session. */
export interface FoundToken {
  readonly sessionId: string;
  readonly userId: string;
  readonly roles: readonly Role[];
  readonly methods: readonly string[];
  readonly status: AccountStatus;
  readonly isUsed: boolean;
  readonly isExpired: boolean;
  readonly isEnded: boolean;
}

const lockToken = sql(
  'refresh_token_lock',
  `select s.id as "sessionId", u.id as "userId", u.roles, s.methods, u.status, t.used_at is not null as "isUsed",
     t.expires_at <= now() as "isExpired", s.ended_at is not null or s.expires_at <= now() as "isEnded"
   from refresh_tokens t join sessions s on s.id = t.session_id join users u on u.id = s.user_id
   where t.token_hash = $1 for update of t, s`,
);

/** Finds a refresh token; a second one who uses it waits here until the first is done, and then sees that. */
export async function lockRefreshToken(connection: Connection, digest: Buffer): Promise<FoundToken | undefined> {
  const [row] = await connection.rows<FoundToken>(lockToken, [digest]);
  return row;
}

const rotate = sql(
  'refresh_token_rotate',
  `with used as (
     update refresh_tokens set used_at = now() where token_hash = $1 returning session_id
   ), session as (
     update sessions set last_used_at = now() from used where id = session_id returning id, expires_at
   )
   insert into refresh_tokens (token_hash, session_id, expires_at)
   select $2, id, least(expires_at, now() + make_interval(days => $3)) from session
   returning ${utc('expires_at')} as "refreshExpiresAt"`,
);

/** Puts the new token in the place of the old one, which must be locked. */
export async function rotateRefreshToken(
  connection: Connection,
  digests: { readonly used: Buffer; readonly next: Buffer },
  { idleDays }: SessionLimits,
): Promise<string> {
  const values = [digests.used, digests.next, idleDays];
  const [row] = await connection.rows<{ refreshExpiresAt: string }>(rotate, values);
  if (row === undefined) throw new Error('a locked refresh token is gone');
  return row.refreshExpiresAt;
}

const end = sql(
  'session_end',
  `update sessions set ended_at = now(), end_reason = $3
   where id = $1 and user_id = $2 and ended_at is null and expires_at > now() returning id`,
);
const endAll = sql(
  'sessions_end_all',
  'update sessions set ended_at = now(), end_reason = $2 where user_id = $1 and ended_at is null returning id',
);
const endByToken = sql(
  'session_end_by_token',
  `update sessions set ended_at = now(), end_reason = 'signed-out'
   where id = (select session_id from refresh_tokens where token_hash = $1) and ended_at is null
   returning id, user_id as "userId"`,
);

/** Ends a session of the user; false when there is none that goes on. */
export async function endSession(
  connection: Connection,
  session: { readonly id: string; readonly userId: string },
  reason: EndReason,
): Promise<boolean> {
  return (await connection.rows(end, [session.id, session.userId, reason])).length > 0;
}

/** Ends all sessions of the user; resolves with how many. */
export async function endSessions(connection: Connection, userId: string, reason: EndReason): Promise<number> {
  return (await connection.rows(endAll, [userId, reason])).length;
}

/** Ends the session that a refresh token, used or not, belongs to; resolves with whose it was. */
export async function endSessionOfToken(connection: Connection, digest: Buffer): Promise<string | undefined> {
  const [row] = await connection.rows<{ userId: string }>(endByToken, [digest]);
  return row?.userId;
}

/** A session in its public form. */
export interface Session {
  readonly id: string;
  readonly userAgent: string | null;
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
}

export const sessionColumns = `id, user_agent as "userAgent", ${utc('created_at')} as "createdAt",
  ${utc('last_used_at')} as "lastUsedAt", ${utc('expires_at')} as "expiresAt"`;
/** More than anybody looks through; each sign-in makes one. */
const listedSessions = 100;

const list = sql(
  'sessions_of_user',
  `select ${sessionColumns} from sessions where user_id = $1 and ended_at is null and expires_at > now()
   order by id desc limit ${listedSessions}`,
);

/** Sessions that go on, the newest first. */
export async function listSessions(connection: Connection, userId: string): Promise<readonly Session[]> {
  return connection.rows<Session>(list, [userId]);
}
