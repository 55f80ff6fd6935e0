/** Everything that this service keeps about a person, as one document. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import type { PersonalData } from '../secrets/personal-data.ts';
import { type AccountRow, accountColumns, toAccount } from './accounts.ts';
import { addressColumns, type StoredAddress, toAddress } from './addresses.ts';

/** Sessions that ended belong to it as well, as long as they are kept. */
const read = sql(
  'account_export',
  `select ${utc('now()')} as "exportedAt",
     (select to_json(a) from (select ${accountColumns} from users where id = u.id) a) as account,
     (select coalesce(json_agg(a order by a.id), '[]')
       from (select ${addressColumns} from addresses where user_id = u.id) a) as addresses,
     (select coalesce(json_agg(s order by s.id), '[]') from (
       select id, user_agent as "userAgent", ${utc('created_at')} as "createdAt", ${utc('last_used_at')} as "lastUsedAt",
         ${utc('ended_at')} as "endedAt", end_reason as "endReason" from sessions where user_id = u.id) s) as sessions,
     (select coalesce(json_agg(e order by e.at), '[]') from (
       select ${utc('created_at')} as at, kind, outcome from auth_events where user_id = u.id) e) as activity
   from users u where id = $1 and status <> 'erased'`,
);

interface ExportRow {
  readonly exportedAt: string;
  readonly account: InJson<AccountRow>;
  readonly addresses: readonly InJson<StoredAddress>[];
  readonly sessions: unknown;
  readonly activity: unknown;
}

/** Bytes are text in JSON. */
type InJson<Row> = Omit<Row, 'sealed'> & { readonly sealed: string | null };

/** The document as JSON text. */
export async function exportAccount(
  connection: Connection,
  personalData: PersonalData,
  id: string,
): Promise<string | undefined> {
  const [row] = await connection.rows<ExportRow>(read, [id]);
  if (row === undefined) return undefined;
  return JSON.stringify({
    ...row,
    account: toAccount(personalData, withBytes(row.account)),
    addresses: row.addresses.map((address) => toAddress(personalData, withBytes(address))),
  });
}

/** PostgreSQL writes bytes as `\x` and hexadecimal digits. */
function withBytes<Row extends { readonly sealed: string | null }>(row: Row) {
  return { ...row, sealed: row.sealed === null ? null : Buffer.from(row.sealed.slice('\\x'.length), 'hex') };
}
