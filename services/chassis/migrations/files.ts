/** Migration files: numbered SQL, forward only. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

/**
 * `expand` adds what old code does not know; `migrate` moves data; `contract` removes what no running code uses any more,
 * and so must not run while old processes do.
 */
export type Phase = 'expand' | 'migrate' | 'contract';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly phase: Phase;
  /** False for `-- transaction: none`: a single statement such as `create index concurrently if not exists`. */
  readonly isTransactional: boolean;
  readonly sql: string;
  /** SHA-256 of the file; an applied file must not change. */
  readonly checksum: string;
}

/**
 * The migrations in `folder`, in order. Throws when a file is not called `0001-what.sql`, a number is missing or doubled,
 * or the first line is not `-- phase: expand|migrate|contract`.
 */
export async function readMigrations(folder: URL): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  const migrations = await Promise.all(names.map((name) => readMigration(folder, name)));
  for (const [index, migration] of migrations.entries()) {
    if (migration.version !== index + 1) {
      throw new Error(`migration ${migration.name} has number ${migration.version}, expected ${index + 1}`);
    }
  }
  return migrations;
}

async function readMigration(folder: URL, name: string): Promise<Migration> {
  const version = /^(\d{4})-[a-z0-9]+(-[a-z0-9]+)*\.sql$/.exec(name)?.[1];
  if (version === undefined) throw new Error(`${name} is no migration name: 0001-what-it-does.sql`);
  const text = await readFile(new URL(name, folder), 'utf8');
  const phase = /^-- phase: (expand|migrate|contract)$/m.exec(text.split('\n', 1)[0] ?? '')?.[1];
  if (!isPhase(phase)) throw new Error(`the first line of ${name} must be "-- phase: expand|migrate|contract"`);
  return {
    version: Number(version),
    name: name.slice(0, -'.sql'.length),
    phase,
    isTransactional: !/^-- transaction: none$/m.test(text),
    sql: text,
    checksum: createHash('sha256').update(text).digest('hex'),
  };
}

function isPhase(value: string | undefined): value is Phase {
  return value === 'expand' || value === 'migrate' || value === 'contract';
}
