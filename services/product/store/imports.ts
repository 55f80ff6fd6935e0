/** Import jobs and their rows. */
import type { Database } from '#chassis/postgres/database.ts';
import { deleteBatch, deleteBatchSql } from '#chassis/postgres/delete-batch.ts';
import { type Connection, sql, type Transaction } from '#chassis/postgres/statement.ts';
import { utc } from '#chassis/postgres/times.ts';
import type { ProblemEntry } from '#contracts/problems.ts';
import type { WrittenProduct } from '../domain/product.ts';

/** A row as it is staged. */
export interface StagedRow {
  readonly number: number;
  readonly content: StagedContent | null;
  /** Why it cannot be imported. */
  readonly errors: readonly ProblemEntry[] | null;
}

export interface StagedContent {
  readonly product: WrittenProduct;
  /** Members that the row has: the others stay as they are in a product that is there. */
  readonly members: readonly string[];
}

const jobJson = `json_build_object('id', id, 'isDryRun', is_dry_run, 'state', state, 'rowsReceived', rows_received,
  'productsCreated', rows_created, 'productsUpdated', rows_updated, 'productsFailed', rows_failed,
  'createdAt', ${utc('created_at')}, 'finishedAt', ${utc('finished_at')})::text`;

export interface ImportJob {
  readonly isDryRun: boolean;
  readonly state: 'receiving' | 'queued' | 'running' | 'done';
  readonly rowsReceived: number;
  /** Its public form. */
  readonly json: string;
}

const jobColumns = `is_dry_run as "isDryRun", state, rows_received as "rowsReceived", ${jobJson} as json`;

const open = sql(
  'import_open',
  `with added as (
     insert into import_jobs (id, is_dry_run, created_by) values ($1, $2, $3) on conflict do nothing returning *
   )
   select ${jobColumns} from added union all select ${jobColumns} from import_jobs where id = $1`,
);
const read = sql('import_read', `select ${jobColumns} from import_jobs where id = $1`);

/** The job with this id, which is made if there is none. */
export async function openJob(
  database: Database,
  job: { readonly id: string; readonly isDryRun: boolean; readonly createdBy: string | undefined },
): Promise<ImportJob> {
  const values = [job.id, job.isDryRun, job.createdBy ?? null];
  const [row] = await database.primary.rows<ImportJob>(open, values);
  // Somebody else made it at this moment: it is not in the snapshot of the statement.
  return row ?? (await findJob(database.primary, job.id)) ?? openJob(database, job);
}

export async function findJob(connection: Connection, id: string): Promise<ImportJob | undefined> {
  const [row] = await connection.rows<ImportJob>(read, [id]);
  return row;
}

const stage = sql(
  'import_stage',
  `with job as (
     update import_jobs set rows_received = greatest(rows_received, $3) where id = $1 and state = 'receiving' returning id
   ), staged as (
     insert into import_rows (job_id, row_number, content, errors, state)
     select job.id, w.number, w.content, w.errors, case when w.errors is null then 'waiting' else 'failed' end
     from job, jsonb_to_recordset($2) as w (number int, content jsonb, errors jsonb)
     on conflict do nothing returning state
   )
   , failed as (
     select count(*) as count from staged where state = 'failed'
   )
   select id, (select count from failed) as failed from job`,
);
const countFailed = sql('import_count_failed', 'update import_jobs set rows_failed = rows_failed + $2 where id = $1');

/** Keeps rows up to number `last`; rows that are there stay as they are. False: the job takes none any more. */
export async function stageRows(
  database: Database,
  jobId: string,
  rows: readonly StagedRow[],
  last: number,
): Promise<boolean> {
  return database.transaction(async (transaction) => {
    const [job] = await transaction.rows<{ readonly failed: number }>(stage, [jobId, JSON.stringify(rows), last]);
    if (job !== undefined && job.failed > 0) await transaction.rows(countFailed, [jobId, job.failed]);
    return job !== undefined;
  });
}

const close = sql(
  'import_close',
  `update import_jobs set state = 'queued' where id = $1 and state = 'receiving' returning id`,
);

/** No more rows follow: the work may begin. */
export async function closeJob(database: Database, id: string): Promise<void> {
  await database.primary.rows(close, [id]);
}

const listErrors = sql(
  'import_errors',
  `select row_number as row, errors from import_rows where job_id = $1 and state = 'failed' and row_number > $2
   order by row_number limit $3`,
);

export interface FailedRow {
  readonly row: number;
  readonly errors: readonly ProblemEntry[];
}

/** Rows that failed, after row `after`. */
export function listFailedRows(
  connection: Connection,
  jobId: string,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly FailedRow[]> {
  return connection.rows<FailedRow>(listErrors, [jobId, after, limit]);
}

/** Locked until the end of the transaction: one process works on a job at a time, and a killed one lets go. */
const claim = sql(
  'import_claim',
  `select id, is_dry_run as "isDryRun" from import_jobs where state in ('queued', 'running')
   order by created_at limit 1 for update skip locked`,
);
const readWaiting = sql(
  'import_waiting',
  `select row_number as number, content from import_rows where job_id = $1 and state = 'waiting'
   order by row_number limit $2`,
);

export interface WaitingRow {
  readonly number: number;
  readonly content: StagedContent;
}

export interface ClaimedJob {
  readonly id: string;
  readonly isDryRun: boolean;
}

const find = sql('import_find', `select id from import_jobs where state in ('queued', 'running') limit 1`);

/** Whether there is a job to work on: one cheap statement for most looks. */
export async function hasWork(connection: Connection): Promise<boolean> {
  return (await connection.rows(find)).length > 0;
}

/** The oldest job that nobody works on. */
export async function claimJob(transaction: Transaction): Promise<ClaimedJob | undefined> {
  const [job] = await transaction.rows<ClaimedJob>(claim);
  return job;
}

/** The next rows of the job. */
export function readWaitingRows(
  transaction: Transaction,
  jobId: string,
  limit: number,
): Promise<readonly WaitingRow[]> {
  return transaction.rows<WaitingRow>(readWaiting, [jobId, limit]);
}

/** What became of a row. */
export interface RowResult {
  readonly number: number;
  readonly state: 'created' | 'updated' | 'failed';
  readonly productId: string | null;
  readonly errors: readonly ProblemEntry[] | null;
}

const mark = sql(
  'import_mark',
  `with result as (
     select * from jsonb_to_recordset($2) as w (number int, state text, "productId" uuid, errors jsonb)
   ), marked as (
     update import_rows set state = w.state, product_id = w."productId", errors = w.errors, content = null
     from result w where job_id = $1 and row_number = w.number
   )
   update import_jobs set
     state = case when $3 then 'done' else 'running' end,
     finished_at = case when $3 then now() end,
     rows_created = rows_created + (select count(*) from result where state = 'created'),
     rows_updated = rows_updated + (select count(*) from result where state = 'updated'),
     rows_failed = rows_failed + (select count(*) from result where state = 'failed')
   where id = $1`,
);

/** Notes the results; `isLast`: the job is done. */
export async function markRows(
  transaction: Transaction,
  jobId: string,
  results: readonly RowResult[],
  isLast: boolean,
): Promise<void> {
  await transaction.rows(mark, [jobId, JSON.stringify(results), isLast]);
}

/** Days that a job can be asked for. */
const keepDays = 30;
const purge = deleteBatchSql('imports_purge', {
  table: 'import_jobs',
  where: 'created_at < now() - make_interval(days => $1)',
  orderBy: 'created_at',
  limit: '$2',
});

/** Each job takes its rows along, and may have many. */
const purgeAtOnce = 5;

/** Forgets old jobs; resolves with how many. */
export function purgeJobs(connection: Connection, limit: number): Promise<number> {
  return deleteBatch(connection, purge, [keepDays, Math.min(limit, purgeAtOnce)]);
}
