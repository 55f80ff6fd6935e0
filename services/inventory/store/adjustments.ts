/** References of adjustments with the answers that were given. */
import { type Connection, sql, type Transaction } from '#chassis/postgres/statement.ts';

export interface StoredAdjustment {
  readonly reference: string;
  readonly fingerprint: string;
  readonly actor: string;
  /** The answer, as JSON. */
  readonly result: string;
}

const read = sql('adjustment_read', 'select fingerprint, result from adjustments where reference = $1');

export async function readAdjustment(
  connection: Connection,
  reference: string,
): Promise<Pick<StoredAdjustment, 'fingerprint' | 'result'> | undefined> {
  const [row] = await connection.rows<Pick<StoredAdjustment, 'fingerprint' | 'result'>>(read, [reference]);
  return row;
}

const insert = sql(
  'adjustment_insert',
  'insert into adjustments (reference, fingerprint, actor, result) values ($1, $2, $3, $4)',
);

/** Fails with the constraint `adjustments__primary_key` when the reference is there already. */
export async function insertAdjustment(transaction: Transaction, adjustment: StoredAdjustment): Promise<void> {
  const { reference, fingerprint, actor, result } = adjustment;
  await transaction.rows(insert, [reference, fingerprint, actor, result]);
}
