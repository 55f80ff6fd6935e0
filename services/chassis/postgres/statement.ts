/** SQL statements as values. */

/** A statement with a name: PostgreSQL parses and plans it once per connection. */
export interface Statement {
  /** Unique in the service, snake_case; also the label of its metric. */
  readonly name: string;
  readonly text: string;
}

/** Something that runs statements: a pool, or one connection inside a transaction. */
export interface Connection {
  /** The rows; `Row` must describe the statement's select list. */
  rows<Row>(statement: Statement, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** One connection between begin and commit: for what must be stored together with something else, or not at all. */
export interface Transaction extends Connection {
  readonly isTransaction: true;
}

/** Names a statement. PostgreSQL cuts names at 63 bytes, so longer ones could collide. */
export function sql(name: string, text: string): Statement {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name))
    throw new Error(`${name} is no statement name: snake_case, at most 63 characters`);
  return { name, text };
}
