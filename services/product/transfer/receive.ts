/** Takes the rows of an import from a request and keeps them, a batch at a time. */
import type { ByteStream } from '#chassis/http/body.ts';
import { validateBody } from '#chassis/http/validation.ts';
import type { Database } from '#chassis/postgres/database.ts';
import { ProblemError } from '#chassis/problem.ts';
import type { ProblemEntry } from '#contracts/problems.ts';
import type { WrittenProduct } from '../domain/product.ts';
import { newProductSchema } from '../routes/schemas.ts';
import { closeJob, findJob, type ImportJob, openJob, type StagedRow, stageRows } from '../store/imports.ts';
import { type ReadRow, readRows } from './read-rows.ts';

export interface ImportPart {
  readonly id: string;
  readonly isDryRun: boolean;
  readonly createdBy: string | undefined;
  /** Number of the first row of this part. */
  readonly firstRow: number;
  /** Another part follows. */
  readonly hasMore: boolean;
}

/** Rows of one statement, and their bytes: what is held in memory at a time. */
const batchRows = 500;
const batchBytes = 1_048_576;

/** Most rows of a job. */
export const maximumRows = 500_000;

/**
 * Keeps the rows of the stream. When it breaks, what came before is kept, and the job says how much. Throws `import-out-of-step` when
 * the rows do not follow what the job has.
 */
export async function receiveRows(database: Database, part: ImportPart, body: ByteStream): Promise<ImportJob> {
  assertFollows(await openJob(database, part), part);
  let batch: StagedRow[] = [];
  let bytes = 0;
  let last = part.firstRow - 1;
  const flush = async (): Promise<void> => {
    if (batch.length > 0 && !(await stageRows(database, part.id, batch, last))) throw closed();
    batch = [];
    bytes = 0;
  };
  for await (const row of readRows(body.chunks, body.mediaType, part.firstRow)) {
    if (row.last > maximumRows) throw tooManyRows();
    const staged = toStaged(row);
    batch.push(staged);
    bytes += JSON.stringify(staged.content).length;
    last = row.last;
    if (batch.length === batchRows || bytes >= batchBytes) await flush();
  }
  await flush();
  if (!part.hasMore) await closeJob(database, part.id);
  const job = await findJob(database.primary, part.id);
  if (job === undefined) throw new Error(`the import ${part.id} went away while it was received`);
  return job;
}

function assertFollows(job: ImportJob, part: ImportPart): void {
  if (job.state !== 'receiving') throw closed();
  if (job.isDryRun !== part.isDryRun)
    throw new ProblemError('import-out-of-step', `the job was begun with dryRun=${job.isDryRun}`);
  if (part.firstRow > job.rowsReceived + 1)
    throw new ProblemError(
      'import-out-of-step',
      `the job has ${job.rowsReceived} rows; send row ${job.rowsReceived + 1}`,
    );
}

function closed(): ProblemError {
  return new ProblemError('import-out-of-step', 'the job has all its rows');
}

function tooManyRows(): ProblemError {
  return new ProblemError('payload-too-large', `an import has ${maximumRows} rows at most`);
}

function toStaged({ number, written, fault }: ReadRow): StagedRow {
  if (written === undefined) return { number, content: null, errors: [{ detail: fault ?? 'cannot be read' }] };
  try {
    const product = validateBody(newProductSchema, written) as WrittenProduct; // the output of the schema
    return { number, content: { product, members: Object.keys(written) }, errors: null };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const errors: readonly ProblemEntry[] = error.errors ?? [{ detail: error.message }];
    return { number, content: null, errors };
  }
}
