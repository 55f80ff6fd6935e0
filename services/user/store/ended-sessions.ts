/** Sessions that have ended lately, page by page. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';

/**
 * `ended_at` is the time at which a transaction began; it is seen when that commits. Looking back this far finds it all the
 * same: requests have five seconds.
 */
const overlapSeconds = 15;

/** Where a page ended: time with microseconds, as PostgreSQL prints it, and id. */
export interface EndedPosition {
  readonly endedAt: string;
  readonly id: string;
}

export interface EndedPage {
  readonly items: readonly string[];
  readonly next: EndedPosition;
  readonly isComplete: boolean;
}

const exact = (time: string) => `to_char((${time}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** A full page goes on behind its last row; the last page goes on where late commits may still turn up. */
const list = sql(
  'ended_sessions',
  `with page as (
     select id, ended_at from sessions
     where ended_at is not null
       and (ended_at, id) > (greatest($1::timestamptz, now() - make_interval(secs => $4)), $2::uuid)
     order by ended_at, id limit $3
   ), summary as (
     select coalesce(array_agg(id order by ended_at, id), '{}') as items, count(*) < $3 as complete from page
   ), last as (
     select ended_at, id from page order by ended_at desc, id desc limit 1
   )
   select items, complete as "isComplete",
     case when complete then ${exact(`now() - interval '${overlapSeconds} seconds'`)} else ${exact('last.ended_at')} end as "endedAt",
     case when complete then $5::uuid else last.id end as id
   from summary left join last on true`,
);

/** Before every other id. */
export const noId = '00000000-0000-0000-0000-000000000000';

/** Sessions that ended after the position, and not more than `seconds` ago; without one, all of that time. */
export async function listEndedSessions(
  connection: Connection,
  {
    after,
    limit,
    seconds,
  }: { readonly after: EndedPosition | undefined; readonly limit: number; readonly seconds: number },
): Promise<EndedPage> {
  const values = [after?.endedAt ?? '-infinity', after?.id ?? noId, limit, seconds, noId];
  const [row] = await connection.rows<EndedPosition & Omit<EndedPage, 'next'>>(list, values);
  if (row === undefined) throw new Error('a statement without conditions gave no row');
  const { items, isComplete, endedAt, id } = row;
  return { items, isComplete, next: { endedAt, id } };
}
