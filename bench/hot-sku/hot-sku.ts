import type { Bench, BenchOptions } from '../bench.ts';
import { type Comparison, msPerOperation, valuesOf } from '../harness/interleave.ts';
import { describeNoise, type Gate, ratio, type Section, type Table } from '../harness/report.ts';
import { median, pairRatios } from '../harness/statistics.ts';
import { countLastUnits } from './last-units.ts';
import { callers, raceInProcess, raceOverHttp } from './races.ts';
import { startStockRig } from './rig.ts';

/** What happens to an article that everybody wants at the same moment. */
export const hotSkuBench: Bench = {
  name: 'hot-sku',
  title: 'reservations of one SKU',
  async run(options) {
    await using rig = await startStockRig();
    const gates = await countLastUnits(rig);
    if (options.quick) {
      return { name: hotSkuBench.name, title: hotSkuBench.title, gates, ratios: [], tables: [], notes: [] };
    }
    return toSection(gates, await race(rig, options));
  },
};

interface Races {
  readonly inProcess: Comparison;
  readonly overHttp: Comparison;
}

async function race(rig: Parameters<typeof raceInProcess>[0], options: BenchOptions): Promise<Races> {
  options.say('hot-sku: without HTTP');
  const inProcess = await raceInProcess(rig, options);
  options.say('hot-sku: through HTTP');
  return { inProcess, overHttp: await raceOverHttp(rig, options) };
}

function ratesOf(comparison: Comparison, name: string): readonly number[] {
  return valuesOf(comparison, name, (slice) => 1000 / msPerOperation(slice));
}

function toSection(gates: readonly Gate[], { inProcess, overHttp }: Races): Section {
  const compare = (comparison: Comparison, one: string, other: string) =>
    pairRatios(ratesOf(comparison, one), ratesOf(comparison, other));
  return {
    name: hotSkuBench.name,
    title: hotSkuBench.title,
    gates,
    ratios: [
      ratio('rate groups / SELECT FOR UPDATE, one SKU', compare(inProcess, 'groups', 'lock'), inProcess, {
        bound: 'at least',
        value: 20,
      }),
      ratio('rate one SKU / many SKUs, through HTTP', compare(overHttp, 'one SKU', 'many SKUs'), overHttp, {
        bound: 'at least',
        value: 0.9,
      }),
    ],
    tables: [rateTable('Without HTTP', inProcess), rateTable('Through HTTP', overHttp)],
    notes: [
      `Without HTTP: ${describeNoise(inProcess)}`,
      `Through HTTP: ${describeNoise(overHttp)}`,
      'PostgreSQL with fsync and synchronous_commit on. After each slice the reserved units in the database are those that callers were told.',
    ],
  };
}

function rateTable(title: string, comparison: Comparison): Table {
  return {
    title: `${title}: ${comparison.rounds.length} slices, ${callers} callers`,
    columns: ['way', 'reservations/s', 'best reservations/s'],
    rows: Object.keys(comparison.rounds[0]?.slices ?? {})
      .toSorted()
      .map((name) => {
        const rates = ratesOf(comparison, name);
        return [name, median(rates), Math.max(...rates)];
      }),
  };
}
