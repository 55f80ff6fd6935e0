import type { Bench } from '../bench.ts';
import { atMost, exactly, type Gate, type Section, type Table } from '../harness/report.ts';
import { median } from '../harness/statistics.ts';
import { type Kind, kinds, startTappedShop, type TappedShop } from '../rig/shop/tapped-shop.ts';
import type { Traffic } from '../rig/wire/tap.ts';
import { type Endpoint, endpointsOf } from './endpoints.ts';

/** The first requests prepare statements, load scripts and fill caches. */
const warmUps = 3;
/** Odd: what happens beside one of them does not move the median. */
const counted = 5;

const labels: Readonly<Record<Kind, string>> = {
  sql: 'SQL statements',
  redis: 'Redis commands',
  elasticsearch: 'Elasticsearch requests',
  http: 'requests between services',
};

/** What a request costs at the stores, counted on the wire. */
export const roundTripsBench: Bench = {
  name: 'round-trips',
  title: 'what one request asks of the stores',
  async run({ say }) {
    await using shop = await startTappedShop();
    say('round-trips: the shop is up');
    const costs: Cost[] = [];
    for (const endpoint of await endpointsOf(shop)) {
      costs.push(await costOf(shop, endpoint));
    }
    return toSection(costs);
  },
};

type Sample = Readonly<Record<Kind, Traffic>>;

interface Cost {
  readonly endpoint: Endpoint;
  readonly samples: readonly Sample[];
}

async function costOf(shop: TappedShop, endpoint: Endpoint): Promise<Cost> {
  const samples: Sample[] = [];
  for (let request = -warmUps; request < counted; request += 1) {
    await endpoint.prepare?.();
    shop.take();
    await endpoint.ask();
    const sample = shop.take();
    if (request >= 0) {
      samples.push(sample);
    }
  }
  return { endpoint, samples };
}

function operationsOf({ samples }: Cost, kind: Kind): number {
  return median(samples.map((sample) => sample[kind].operations.filter((one) => !isTimeout(one)).length));
}

/** A connection whose last user had less or more time left is given another time-out first: by chance, so it has its own column. */
function isTimeout(operation: string): boolean {
  return operation.startsWith('set statement_timeout');
}

function timeoutsOf({ samples }: Cost): number {
  return median(samples.map(({ sql }) => sql.operations.filter(isTimeout).length));
}

function roundTripsOf({ samples }: Cost, kind: Kind): number {
  return median(samples.map((sample) => sample[kind].roundTrips));
}

function toSection(costs: readonly Cost[]): Section {
  return {
    name: roundTripsBench.name,
    title: roundTripsBench.title,
    gates: costs.flatMap(gatesOf),
    ratios: [],
    tables: [toTable(costs)],
    notes: [
      'No request waits for Kafka: events are written into the outbox of the same transaction, and the bench outbox counts their way from there.',
      ...costs.map(describe),
    ],
  };
}

function gatesOf(cost: Cost): readonly Gate[] {
  const { what, costs, isBound = false } = cost.endpoint;
  const gate = isBound ? atMost : exactly;
  return kinds
    .map((kind) => gate(`${what}: ${labels[kind]}`, operationsOf(cost, kind), costs[kind] ?? 0))
    .filter(({ value, isKept }) => value > 0 || !isKept);
}

function toTable(costs: readonly Cost[]): Table {
  return {
    title: `Of one request, all services together: operations, and in brackets round trips; median of ${counted} requests after ${warmUps}`,
    columns: ['request', ...kinds.map((kind) => labels[kind]), 'time-outs set'],
    rows: costs.map((cost) => [
      cost.endpoint.what,
      ...kinds.map((kind) => {
        const operations = operationsOf(cost, kind);
        return operations === 0 ? '' : `${operations} (${roundTripsOf(cost, kind)})`;
      }),
      timeoutsOf(cost),
    ]),
  };
}

/** Which operations these were, so that a broken gate says what came in addition. */
function describe({ endpoint, samples }: Cost): string {
  const last = samples.at(-1);
  const parts = kinds.flatMap((kind) => {
    const operations = last?.[kind].operations ?? [];
    return operations.length === 0 ? [] : [operations.join(', ')];
  });
  return `${endpoint.what}: ${parts.join('; ')}`;
}
