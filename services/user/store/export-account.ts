/** Everything that this service keeps about a person, as one document. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import { accountColumns } from './accounts.ts';
import { addressColumns } from './addresses.ts';

/** Sessions that ended belong to it as well, as long as they are kept. */
const read = sql(
  'account_export',
  `select json_build_object(
     'exportedAt', ${utc('now()')},
     'account', (select to_json(a) from (select ${accountColumns} from users where id = u.id) a),
     'addresses', (select coalesce(json_agg(a order by a.id), '[]')
       from (select ${addressColumns} from addresses where user_id = u.id) a),
     'sessions', (select coalesce(json_agg(s order by s.id), '[]') from (
       select id, user_agent as "userAgent", ${utc('created_at')} as "createdAt", ${utc('last_used_at')} as "lastUsedAt",
         ${utc('ended_at')} as "endedAt", end_reason as "endReason" from sessions where user_id = u.id) s),
     'activity', (select coalesce(json_agg(e order by e.at), '[]') from (
       select ${utc('created_at')} as at, kind, outcome from auth_events where user_id = u.id) e)
   )::text as json
   from users u where id = $1 and status <> 'erased'`,
);

/** The document as JSON text. */
export async function exportAccount(connection: Connection, id: string): Promise<string | undefined> {
  const [row] = await connection.rows<{ json: string }>(read, [id]);
  return row?.json;
}
