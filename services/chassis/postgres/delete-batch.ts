/** Removes rows a batch at a time, in the way of nobody. */
import { type Connection, type Statement, sql } from './statement.ts';

export interface Batch {
  readonly table: string;
  /** Condition of the rows that go. */
  readonly where: string;
  /** Column whose index finds the oldest first. */
  readonly orderBy?: string;
  /** Most rows of one statement: a number or a parameter. */
  readonly limit: number | `$${number}`;
}

/**
 * Rows that somebody has locked are skipped: another replica removes them, or they are in use. The array is made once; with
 * `in (select … limit)` a plan could run the subquery again and delete more than the limit.
 */
export function deleteBatchSql(name: string, { table, where, orderBy, limit }: Batch): Statement {
  const order = orderBy === undefined ? '' : `order by ${orderBy} `;
  return sql(
    name,
    `with gone as (
       delete from ${table} where ctid = any (array(
         select ctid from ${table} where ${where} ${order}limit ${limit} for update skip locked
       ))
       returning 1
     )
     select count(*) as count from gone`,
  );
}

/** Runs such a statement; resolves with how many rows went. */
export async function deleteBatch(
  connection: Connection,
  statement: Statement,
  values: readonly unknown[] = [],
): Promise<number> {
  const [row] = await connection.rows<{ readonly count: number }>(statement, values);
  return row?.count ?? 0;
}
