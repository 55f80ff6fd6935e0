import { readFile } from 'node:fs/promises';
import type { Bench } from '../bench.ts';
import { repeat } from '../harness/closed-loop.ts';
import { notInQuickRuns, type Section } from '../harness/report.ts';
import { parseRollup, type Resident } from '../memory/resident.ts';
import { copyServiceImage } from '../rig/shop/service-image.ts';
import type { ServiceProgram } from '../rig/shop/service-program.ts';
import { type Subject, startWholeShop } from './whole-shop.ts';

/** MiB, after the start and after the requests. */
const target = 90;
const requests = 1_000;
const inFlight = 8;

/** What the process of each service holds in memory. */
export const rssBench: Bench = {
  name: 'rss',
  title: 'resident memory of the services',
  async run({ quick, say }) {
    if (quick) {
      return notInQuickRuns(rssBench, 'memory is no count');
    }
    const startOf = await copyServiceImage();
    await using shop = await startWholeShop(startOf);
    say('rss: the shop is up');
    const rows: Row[] = [];
    for (const subject of shop.subjects) {
      rows.push(await measure(subject));
    }
    return toSection(rows);
  },
};

interface Row {
  readonly name: string;
  readonly started: Resident;
  readonly used: Resident;
}

async function measure({ program, ask }: Subject): Promise<Row> {
  const started = await residentOf(program);
  await repeat(ask, { inFlight, count: requests });
  return { name: program.name, started, used: await residentOf(program) };
}

async function residentOf({ pid }: ServiceProgram): Promise<Resident> {
  return parseRollup(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8'));
}

function toSection(rows: readonly Row[]): Section {
  return {
    name: rssBench.name,
    title: rssBench.title,
    gates: [],
    ratios: [],
    tables: [
      {
        title: `MiB; target: at most ${target} MiB. In brackets its own pages, without those of the node program, which processes share`,
        columns: ['service', 'after the start', `after ${requests} requests`, 'target'],
        rows: rows.map(({ name, started, used }) => [
          name,
          inWords(started),
          inWords(used),
          Math.max(started.rss, used.rss) <= target ? 'met' : 'missed',
        ]),
      },
    ],
    notes: [
      'As the images start them: JavaScript without types, the flags of the Dockerfile, all stores there, nothing collected by force.',
    ],
  };
}

function inWords({ rss, anonymous }: Resident): string {
  return `${rss.toFixed(1)} (${anonymous.toFixed(1)})`;
}
