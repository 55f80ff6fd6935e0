/** The audit trail: who tried what, from where, and how it went. */
import { uuidv7 } from '#chassis/ids.ts';
import { type Connection, sql } from '#chassis/postgres/statement.ts';

export type AuthEventKind =
  | 'register'
  | 'resend-verification'
  | 'verify-email'
  | 'sign-in'
  | 'refresh'
  | 'sign-out'
  | 'request-reset'
  | 'reset-password'
  | 'change-password'
  | 'end-session'
  | 'export'
  | 'erase'
  | 'lock'
  | 'unlock'
  | 'change-roles';

export type AuthOutcome = 'succeeded' | 'failed' | 'locked' | 'reused' | 'ignored';

export interface AuthEvent {
  /** Absent: nobody has the address that was tried. */
  readonly userId: string | undefined;
  readonly kind: AuthEventKind;
  readonly outcome: AuthOutcome;
  /** Who did it, when that was somebody else than the user. */
  readonly actor?: string;
  /** Absent: the person is to be forgotten. */
  readonly addressDigest: string | undefined;
}

const insert = sql(
  'auth_event_record',
  'insert into auth_events (id, user_id, kind, outcome, actor, address_digest) values ($1, $2, $3, $4, $5, $6)',
);

/** Adds an entry, best in the transaction that it tells about. */
export async function recordAuthEvent(connection: Connection, event: AuthEvent): Promise<void> {
  const { userId, kind, outcome, actor, addressDigest } = event;
  await connection.rows(insert, [uuidv7(), userId ?? null, kind, outcome, actor ?? null, addressDigest ?? null]);
}

const countRecent = sql(
  'auth_events_recent',
  `select count(*)::int as count from auth_events
   where user_id = $1 and kind = $2 and created_at > now() - interval '1 hour'`,
);

/** Entries of this kind about the user within the last hour. */
export async function countRecentEvents(connection: Connection, userId: string, kind: AuthEventKind): Promise<number> {
  const [row] = await connection.rows<{ count: number }>(countRecent, [userId, kind]);
  return row?.count ?? 0;
}
