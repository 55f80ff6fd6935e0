import { refreshIntervalMs } from '../../services/search/store/definition.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { descendantsMeter } from '../harness/descendants.ts';
import { type Comparison, interleave } from '../harness/interleave.ts';
import { meterOf, ownMeter } from '../harness/process-cpu.ts';
import { describeNoise, exactly, type Gate, type Ratio, ratio, type Table } from '../harness/report.ts';
import { pairRatios, quantile } from '../harness/statistics.ts';
import { AnchorDocument } from './anchor.ts';
import { ChangingProduct } from './changing-product.ts';
import { type Counted, count, countFound, products } from './counts.ts';
import { searchEveryMs } from './index-watch.ts';
import { type FreshnessRig, startFreshnessRig } from './rig.ts';
import { burst, type Observed, observe, probes, readEveryMs, type SliceTools, sliceMs } from './slice.ts';
import { watchTopic } from './topic-watch.ts';

/** Longest time from a commit to a search that finds it, p99, milliseconds: a refresh, and half a second for the way to the index. */
const targetMs = refreshIntervalMs + 500;
/** Changes of other products beside those that are measured, under load. */
const othersPerSecond = 50;
/** Products that are measured in turn: more than wait to be found at any time. */
const measured = 16;

const states = ['calm', 'load'] as const;
type Slices = Readonly<Record<(typeof states)[number], Observed[]>>;

/** How long after its commit a change of a product is found. */
export const freshnessBench: Bench = {
  name: 'freshness',
  title: 'from a change of a product to a search that finds it',
  async run(options) {
    await using rig = await startFreshnessRig();
    options.say('freshness: the servers are up');
    const counted = await count(rig);
    const { name, title } = freshnessBench;
    const { gates, notes } = counted;
    if (options.quick) {
      return { name, title, gates, ratios: [], tables: [], notes };
    }
    const compared = await compare(rig, counted, options);
    return {
      name,
      title,
      gates: [...gates, ...compared.gates],
      ratios: states.flatMap((state) => ratiosOf(state, compared)),
      tables: states.map((state) => tableOf(state, compared.slices[state])),
      notes: [describeNoise(compared.comparison), ...notes, ...howToRead],
    };
  },
};

interface Compared {
  readonly comparison: Comparison;
  readonly slices: Slices;
  readonly gates: readonly Gate[];
}

async function compare(rig: FreshnessRig, { search, catalogue }: Counted, { rounds }: BenchOptions): Promise<Compared> {
  await using topic = await watchTopic(rig.kafka);
  const add = () => ChangingProduct.add(rig.product, probes);
  const changing = await Promise.all(Array.from({ length: measured }, add));
  // Each is changed before it is measured: the consumer of the topic reads along then, and the index has them all.
  await Promise.all(changing.map(async (product) => topic.arrival(await product.change())));
  await countFound(search, changing);
  const anchors = await Promise.all(changing.map(({ id }) => AnchorDocument.like(rig, id)));
  const tools: SliceTools = { rig, search, topic, changing, anchors };
  const slices: Slices = { calm: [], load: [] };
  const slice = (state: keyof Slices, others: () => Promise<void>) => async () => {
    const [observed] = await Promise.all([observe(tools), others()]);
    slices[state].push(observed);
    return observed.found.length;
  };
  const comparison = await interleave(
    [
      { name: 'calm', run: slice('calm', async () => undefined) },
      { name: 'load', run: slice('load', () => burst(catalogue, othersPerSecond)) },
    ],
    {
      rounds,
      meters: [
        meterOf('product', rig.product.pid),
        meterOf('search', search.pid),
        ownMeter('bench'),
        descendantsMeter('servers', [rig.product.pid, search.pid]),
      ],
    },
  );
  const missing = [...slices.calm, ...slices.load].reduce((sum, slice) => sum + slice.missing, 0);
  const lost = catalogue.length - (await countFound(search, catalogue));
  return {
    comparison,
    // The first round warms up.
    slices: { calm: slices.calm.slice(1), load: slices.load.slice(1) },
    gates: [
      exactly('steps of measured changes that did not come', missing, 0),
      exactly('other products whose last change is not found', lost, 0),
    ],
  };
}

const inWords = { calm: 'calm', load: `with ${othersPerSecond} other changes a second` } as const;

function ratiosOf(state: keyof Slices, { comparison, slices }: Compared): readonly Ratio[] {
  const at = (share: number, times: 'found' | 'anchor') => slices[state].map((slice) => quantile(slice[times], share));
  const limits = slices[state].map(() => targetMs);
  return [
    ratio(`p99 of a slice / (refresh + 0.5 s), ${inWords[state]}`, pairRatios(at(0.99, 'found'), limits), comparison, {
      bound: 'at most',
      value: 1,
    }),
    ratio(
      `p50 through the shop / past it, ${inWords[state]}`,
      pairRatios(at(0.5, 'found'), at(0.5, 'anchor')),
      comparison,
    ),
  ];
}

const steps = [
  ['commit', 'request → commit'],
  ['topic', 'commit → topic'],
  ['written', 'commit → written to the index'],
  ['found', 'commit → found'],
  ['anchor', 'past the shop: written → found'],
] as const;

function tableOf(state: keyof Slices, slices: readonly Observed[]): Table {
  return {
    title: `Milliseconds, ${inWords[state]}; ${slices.length} slices of ${sliceMs / 1000} s`,
    columns: ['', 'changes', 'p50', 'p90', 'p99', 'longest', 'target of p99'],
    rows: steps.map(([key, name]) => {
      const times = slices.flatMap((slice) => slice[key]);
      const shares = [0.5, 0.9, 0.99, 1].map((share) => quantile(times, share));
      return [name, times.length, ...shares, key === 'found' ? `at most ${targetMs}` : ''];
    }),
  };
}

const howToRead: readonly string[] = [
  `The index is refreshed every ${refreshIntervalMs} ms; changes begin at all moments of the interval alike. Each commit counts from its answer, which comes after it.`,
  `A time ends with the answer of the first search that finds the change. One begins every ${searchEveryMs} ms, for all changes: up to so much is the bench's own. Whether a change is written is looked at every ${readEveryMs} ms, once it is in the topic.`,
  `Past the shop: the bench writes a document of a product to the same index itself, in turn with the changes, and the same searches find it. ${products} products; PostgreSQL with fsync on.`,
];
