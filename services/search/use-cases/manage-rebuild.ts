/** Starting, stopping and taking back a rebuild. */
import type { SearchClient } from '#chassis/search/client.ts';
import type { Refusal } from '#contracts/problems.ts';
import type { ProductClient } from '../clients/product-client.ts';
import { findLoss, type Rebuild } from '../domain/rebuild.ts';
import { dropShadow, ensureIndices, exchange, nextProductIndex, readPlaces } from '../store/aliases.ts';
import { countProducts } from '../store/inspect.ts';
import type { IndexNames } from '../store/names.ts';
import { readRebuild, writeRebuild } from '../store/rebuild-record.ts';

interface Tools {
  readonly client: SearchClient;
  readonly names: IndexNames;
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
  { client, names, products }: Tools & { readonly products: Pick<ProductClient, 'countProducts'> },
  { id, by, isForced }: { readonly id: string; readonly by: string; readonly isForced: boolean },
): Promise<RebuildResult> {
  await ensureIndices(client, names);
  const last = await readRebuild(client, names);
  if (last?.value.status === 'running') return isRunning;
  const { live } = await readPlaces(client, names);
  if (live === undefined) return refuse('rebuild-impossible', 'there is no index to replace');
  const [present, expected] = await Promise.all([countProducts(client, live), products.countProducts()]);
  const loss = isForced ? undefined : findLoss(present, expected);
  if (loss !== undefined) return refuse('rebuild-impossible', loss);
  const now = new Date().toISOString();
  const rebuild: Rebuild = {
    id,
    status: 'running',
    phase: 'copying',
    source: live,
    target: await nextProductIndex(client, names),
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
  const written = await writeRebuild(client, names, last?.place, rebuild);
  return written === undefined ? wasFaster : { state: 'done', rebuild };
}

/** Ends a running rebuild; the live index stays as it is. Too late once the indices change places. */
export async function cancelRebuild({ client, names }: Tools): Promise<RebuildResult> {
  // Its worker tells of its progress meanwhile, a few times a second.
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    const present = await readRebuild(client, names);
    if (present?.value.status !== 'running') return refuse('rebuild-impossible', 'no rebuild is running');
    if (present.value.phase === 'swapping')
      return refuse('rebuild-impossible', 'the new index is taking its place already');
    const result = await finish({ client, names }, present, 'cancelled');
    if (result.state === 'refused') continue;
    await dropShadow(client, names, present.value.target);
    return result;
  }
  return wasFaster;
}

/** Goes back to the index before the last rebuild, which has had every change since. May be repeated when it was cut off. */
export async function rollBack({ client, names }: Tools): Promise<RebuildResult> {
  const present = await readRebuild(client, names);
  if (present?.value.status === 'running') return isRunning;
  const { live, shadow } = await readPlaces(client, names);
  if (present?.value.status !== 'done' || ![live, shadow].includes(present.value.source))
    return refuse('rebuild-impossible', 'no rebuild has left an index to go back to');
  await exchange(client, names, present.value.source);
  return finish({ client, names }, present, 'rolled-back');
}

async function finish(
  { client, names }: Tools,
  present: NonNullable<Awaited<ReturnType<typeof readRebuild>>>,
  status: 'cancelled' | 'rolled-back',
): Promise<RebuildResult> {
  const now = new Date().toISOString();
  const rebuild = { ...present.value, status, updatedAt: now, finishedAt: now };
  const written = await writeRebuild(client, names, present.place, rebuild);
  return written === undefined ? wasFaster : { state: 'done', rebuild };
}
