/** Starting, stopping and taking back a rebuild. */
import type { Refusal } from '#contracts/problems.ts';
import type { ProductClient } from '../clients/product-client.ts';
import type { SearchEngine } from '../domain/engine.ts';
import type { ProductIndex } from '../domain/product-index.ts';
import { findLoss, type Rebuild } from '../domain/rebuild.ts';
import type { Records } from '../domain/records.ts';
import { readRebuild, type StoredRebuild, writeRebuild } from './rebuild-record.ts';

type Tools = Pick<SearchEngine, 'pair' | 'records'>;

interface StartTools extends Tools {
  readonly index: ProductIndex;
  readonly products: Pick<ProductClient, 'countProducts'>;
}

export type RebuildResult =
  | { readonly state: 'done'; readonly rebuild: Rebuild }
  | { readonly state: 'refused'; readonly refusal: Refusal };

const refuse = (code: Refusal['code'], detail: string): RebuildResult => ({
  state: 'refused',
  refusal: { code, detail },
});

const isRunning = refuse('rebuild-running', 'a rebuild is running; wait for it or cancel it');
const wasFaster = refuse('rebuild-running', 'somebody else has just changed the rebuild; look at it again');

/** Notes that a rebuild is wanted; a replica takes it on within a moment. What the rebuild before kept for going back is given up. */
export async function startRebuild(
  { index, pair, records, products }: StartTools,
  { id, by, isForced }: { readonly id: string; readonly by: string; readonly isForced: boolean },
): Promise<RebuildResult> {
  await index.prepare();
  const last = await readRebuild(records);
  if (last?.value.status === 'running') return isRunning;
  const { live } = await pair.readPlaces();
  if (live === undefined) return refuse('rebuild-impossible', 'there is no index to replace');
  const [present, expected] = await Promise.all([pair.countProducts(live), products.countProducts()]);
  const loss = isForced ? undefined : findLoss(present, expected);
  if (loss !== undefined) return refuse('rebuild-impossible', loss);
  const now = new Date().toISOString();
  const rebuild: Rebuild = {
    id,
    status: 'running',
    phase: 'copying',
    source: live,
    target: await pair.nextName(),
    lastKey: null,
    read: 0,
    stale: 0,
    expected,
    counted: null,
    isForced,
    startedBy: by,
    startedAt: now,
    updatedAt: now,
    finishedAt: null,
    takeovers: 0,
    error: null,
    worker: '',
    leaseUntil: new Date(0).toISOString(),
  };
  const written = await writeRebuild(records, last, rebuild);
  return written === undefined ? wasFaster : { state: 'done', rebuild };
}

/** Ends a running rebuild; the live index stays as it is. Too late once the indices change places. */
export async function cancelRebuild({ pair, records }: Tools): Promise<RebuildResult> {
  // Its worker tells of its progress meanwhile, a few times a second.
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    const present = await readRebuild(records);
    if (present?.value.status !== 'running') return refuse('rebuild-impossible', 'no rebuild is running');
    if (present.value.phase === 'swapping')
      return refuse('rebuild-impossible', 'the new index is taking its place already');
    const result = await finish(records, present, 'cancelled');
    if (result.state === 'refused') continue;
    await pair.dropShadow(present.value.target);
    return result;
  }
  return wasFaster;
}

/** Goes back to the index before the last rebuild, which has had every change since. May be repeated when it was cut off. */
export async function rollBack({ pair, records }: Tools): Promise<RebuildResult> {
  const present = await readRebuild(records);
  if (present?.value.status === 'running') return isRunning;
  const { live, shadow } = await pair.readPlaces();
  if (present?.value.status !== 'done' || ![live, shadow].includes(present.value.source))
    return refuse('rebuild-impossible', 'no rebuild has left an index to go back to');
  await pair.exchange(present.value.source);
  return finish(records, present, 'rolled-back');
}

async function finish(
  records: Records,
  present: StoredRebuild,
  status: 'cancelled' | 'rolled-back',
): Promise<RebuildResult> {
  const now = new Date().toISOString();
  const rebuild = { ...present.value, status, updatedAt: now, finishedAt: now };
  const written = await writeRebuild(records, present, rebuild);
  return written === undefined ? wasFaster : { state: 'done', rebuild };
}
