/** Rebuilding the index while it is asked and written to. Every step may be repeated, by this replica or another one. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '#chassis/logger.ts';
import type { ProductClient } from '../clients/product-client.ts';
import type { IndexPair } from '../domain/index-pair.ts';
import { findLoss, isComplete, mayContinue, type Rebuild } from '../domain/rebuild.ts';
import type { Records } from '../domain/records.ts';
import { readRebuild, type StoredRebuild, writeRebuild } from './rebuild-record.ts';

export interface RebuildTools {
  readonly pair: IndexPair;
  readonly records: Records;
  readonly products: Pick<ProductClient, 'readProducts' | 'countProducts'>;
  readonly logger: Logger;
  /** Of this replica. */
  readonly worker: string;
  readonly leaseMs: number;
  /** Looks at the counts before a difference is a fault, and the wait between two. */
  readonly countLooks?: number;
  readonly countWaitMs?: number;
}

/** Somebody else works on it, or it was cancelled: nothing is left to do here. */
class LostError extends Error {
  override readonly name = 'LostError';
}

/** Goes on with a rebuild that nobody works on; resolves when it is finished, lost, or there was none. */
export async function continueRebuild(tools: RebuildTools, signal: AbortSignal): Promise<void> {
  const found = await readRebuild(tools.records);
  if (found === undefined || !mayContinue(found.value, tools.worker, new Date())) return;
  const job = new Job(tools, found);
  try {
    const isTakenOver = found.value.worker !== '' && found.value.worker !== tools.worker;
    await job.save({ takeovers: found.value.takeovers + (isTakenOver ? 1 : 0) });
    await runPhases(job, tools, signal);
  } catch (error) {
    if (error instanceof LostError) return;
    if (signal.aborted) return job.release();
    await job.save({ error: String(error).slice(0, 500) }).catch(() => undefined);
    throw error;
  }
}

/** The rebuild as this worker knows it. */
class Job {
  readonly #tools: RebuildTools;
  #stored: StoredRebuild;

  constructor(tools: RebuildTools, stored: StoredRebuild) {
    this.#tools = tools;
    this.#stored = stored;
  }

  get rebuild(): Rebuild {
    return this.#stored.value;
  }

  /** Keeps the progress and the lease; throws `LostError` when somebody else has changed it. */
  async save(changes: Partial<Rebuild>): Promise<void> {
    const { records, worker, leaseMs } = this.#tools;
    const now = Date.now();
    const written = await writeRebuild(records, this.#stored, {
      ...this.rebuild,
      worker,
      leaseUntil: new Date(now + leaseMs).toISOString(),
      updatedAt: new Date(now).toISOString(),
      error: null,
      ...changes,
    });
    if (written === undefined) throw new LostError('the rebuild was taken over or cancelled');
    this.#stored = written;
  }

  /** Lets the next replica go on at once. */
  async release(): Promise<void> {
    await this.save({ leaseUntil: new Date(0).toISOString() }).catch(() => undefined);
  }
}

async function runPhases(job: Job, tools: RebuildTools, signal: AbortSignal): Promise<void> {
  const { pair, logger } = tools;
  const { id, source, target } = job.rebuild;
  logger.info({ rebuild: id, source, target, phase: job.rebuild.phase }, 'the index is being rebuilt');
  if (job.rebuild.phase === 'copying') await copy(job, tools, signal);
  if (job.rebuild.phase === 'checking' && !(await check(job, tools, signal))) return;
  await pair.exchange(target);
  const now = new Date().toISOString();
  await job.save({ status: 'done', finishedAt: now });
  logger.info({ rebuild: id, index: target, products: job.rebuild.counted }, 'the index was rebuilt');
}

async function copy(job: Job, { pair, products }: RebuildTools, signal: AbortSignal): Promise<void> {
  const { source, target } = job.rebuild;
  // Before the first page is read: a change that is not in the pages comes by its event.
  await pair.openShadow(target);
  if (job.rebuild.lastKey === null) await pair.copyTombstones(source);
  for (;;) {
    signal.throwIfAborted();
    const { lastKey, read, stale } = job.rebuild;
    const page = await products.readProducts(lastKey ?? undefined);
    const changes = page.products.map((product) => ({ kind: 'put', product }) as const);
    const isNews = await pair.fillShadow(changes);
    const counts = { read: read + changes.length, stale: stale + isNews.filter((one) => !one).length };
    if (page.next === undefined) return job.save({ ...counts, phase: 'checking' });
    await job.save({ ...counts, lastKey: page.next });
  }
}

/** Whether the new index has all products. Changes on their way make the numbers differ for a moment. */
async function check(job: Job, tools: RebuildTools, signal: AbortSignal): Promise<boolean> {
  const { pair, products, countLooks = 20, countWaitMs = 500 } = tools;
  const { target, source, isForced = false } = job.rebuild;
  for (let look = 1; look <= countLooks; look += 1) {
    await pair.refresh(target);
    const [counted, expected] = await Promise.all([pair.countProducts(target), products.countProducts()]);
    if (isComplete(counted, expected, look === countLooks)) {
      await job.save({ counted, expected });
      // The products may have gone since it began.
      const loss = isForced ? undefined : findLoss(await pair.countProducts(source), counted);
      if (loss !== undefined) return giveUp(job, tools, `${loss}; ${source} stays`);
      await job.save({ phase: 'swapping' });
      return true;
    }
    await job.save({ counted, expected });
    await delay(countWaitMs, undefined, { signal });
  }
  const { counted, expected } = job.rebuild;
  return giveUp(
    job,
    tools,
    `the new index has ${counted} products and the product service ${expected}; ${source} stays`,
  );
}

async function giveUp(job: Job, { pair, logger }: RebuildTools, error: string): Promise<false> {
  const { id, target } = job.rebuild;
  await job.save({ status: 'failed', finishedAt: new Date().toISOString(), error });
  logger.error({ rebuild: id, reason: error }, 'the rebuilt index was given up');
  await pair.dropShadow(target);
  return false;
}
