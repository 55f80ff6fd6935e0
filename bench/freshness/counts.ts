import { topics } from '#contracts/topics.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { repeat } from '../harness/closed-loop.ts';
import { atMost, exactly, type Gate } from '../harness/report.ts';
import { ok } from '../rig/shop/answers.ts';
import type { ServiceProgram } from '../rig/shop/service-program.ts';
import { ChangingProduct } from './changing-product.ts';
import type { FreshnessRig } from './rig.ts';
import { patienceMs } from './sightings.ts';

/** Products, and changes of a burst. */
export const products = 200;
/** Requests of a burst that are under way together. */
const inFlight = 16;
const { name: topic, partitions } = topics.product;

/** What is counted, and what it was counted on. */
export interface Counted {
  readonly gates: readonly Gate[];
  readonly notes: readonly string[];
  readonly search: ServiceProgram;
  readonly catalogue: readonly ChangingProduct[];
}

/**
 * New products wait in Kafka before the search service starts: so it is certain which events it finds together. Then one
 * product is changed, and then all of them at once.
 */
export async function count(rig: FreshnessRig): Promise<Counted> {
  const catalogue: ChangingProduct[] = [];
  await repeat(async () => catalogue.push(await ChangingProduct.add(rig.product, 'catalogue')), {
    inFlight,
    count: products,
  });
  const published = async () => (await rig.kafka.count(topic)) >= products;
  await waitFor('the new products are in Kafka', published, { timeoutMs: patienceMs });
  const search = await rig.startSearch();
  await waitFor('all new products are found', async () => (await total(search)) === products, { timeoutMs: 30_000 });
  const waiting = requestsOf(rig);
  const [one] = catalogue;
  if (one === undefined) throw new Error('there is no product');
  await one.change();
  const foundOne = await countFound(search, [one]);
  const single = requestsOf(rig);
  const changes = [...catalogue];
  await repeat(async () => changes.pop()?.change(), { inFlight, count: products });
  const foundAll = await countFound(search, catalogue);
  const burst = requestsOf(rig);
  return {
    search,
    catalogue,
    gates: [
      atMost(
        `_bulk requests for ${products} new products that waited in Kafka`,
        waiting.writes,
        partitions.Development,
      ),
      atMost(`reads of the stock for ${products} new products that waited`, waiting.reads, 2 * partitions.Development),
      exactly('_bulk requests for one change', single.writes, 1),
      exactly('reads of the stock for one change', single.reads, 2),
      exactly('products that a search finds after one change', foundOne, 1),
      atMost(`_bulk requests for ${products} changes at once`, burst.writes, products),
      exactly(`of ${products} changes at once found once each`, foundAll, products),
      exactly(
        `events of ${products} new products and ${products + 1} changes`,
        await rig.kafka.count(topic),
        products + 1 + products,
      ),
    ],
    notes: [`${products} changes at once were written by ${burst.writes} _bulk requests, as they came.`],
  };
}

interface Requests {
  /** Of documents. */
  readonly writes: number;
  /** Of notes about the stock. */
  readonly reads: number;
}

/** Of the search service to Elasticsearch since the last call. */
function requestsOf({ indexTap, names }: FreshnessRig): Requests {
  const { operations } = indexTap.take();
  const timesOf = (wanted: string) => operations.filter((one) => one === wanted).length;
  return { writes: timesOf('POST /_bulk'), reads: timesOf(`POST /${names.stock}/_mget`) };
}

async function total(search: ServiceProgram): Promise<number> {
  return (await ok(search.call('GET', '/api/v1/search?limit=1'))).json.total;
}

/** How many of the products are found once, by the word that their last change has brought. */
export async function countFound(search: ServiceProgram, changed: readonly ChangingProduct[]): Promise<number> {
  const waiting = [...changed];
  let found = 0;
  const look = async () => {
    const product = waiting.pop();
    if (product !== undefined && (await isFound(search, product))) found += 1;
  };
  await repeat(look, { inFlight: 4, count: changed.length });
  return found;
}

async function isFound(search: ServiceProgram, { id, word }: ChangingProduct): Promise<boolean> {
  const look = async () => {
    const { json } = await ok(search.call('GET', `/api/v1/search?q=${word}`));
    return json.total === 1 && json.items[0].id === id;
  };
  return waitFor(`the change of ${id} is found`, look, { timeoutMs: patienceMs }).catch(() => false);
}
