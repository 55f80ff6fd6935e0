/**
 * Compares the coverage of the unit tests with the floors of .c8rc.json, folder by folder; ends with exit code 1 below one.
 * `npm run test:unit` runs it at its end. A floor is what once held: it is raised with the tests and never lowered.
 */
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';

/** Percentages by folder; a `*` stands for one folder's name. */
export type Floors = Readonly<Record<string, Readonly<Record<Measure, number>>>>;

/** How many there are in a file and how many of them ran. */
export type FileCoverage = Readonly<Record<Measure, { readonly total: number; readonly covered: number }>>;

const measures = ['lines', 'branches'] as const;
type Measure = (typeof measures)[number];

/** One measure of one folder beside its floor. */
export interface Coverage {
  readonly folder: string;
  readonly measure: Measure;
  readonly percent: number;
  readonly floor: number;
}

/** Coverage of every folder that has a floor; of nothing when no file lies in it. */
export function coverageOf(files: Readonly<Record<string, FileCoverage>>, floors: Floors): readonly Coverage[] {
  return Object.entries(floors).flatMap(([folder, wanted]) => {
    const inFolder = new RegExp(`^${folder.replaceAll('*', '[^/]+')}/`);
    const found = Object.entries(files).flatMap(([path, file]) => (inFolder.test(path) ? [file] : []));
    return measures.map((measure) => ({ folder, measure, floor: wanted[measure], percent: percentOf(found, measure) }));
  });
}

function percentOf(files: readonly FileCoverage[], measure: Measure): number {
  const sum = (what: 'total' | 'covered') => files.reduce((all, file) => all + file[measure][what], 0);
  return sum('total') === 0 ? 0 : (sum('covered') / sum('total')) * 100;
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'));
}

async function main(): Promise<void> {
  // `as`: the file is ours, and checked by the result that it gives.
  const { floors } = (await readJson('.c8rc.json')) as { readonly floors: Floors };
  // `as`: the format of c8's reporter `json-summary`; `total` lies in no folder.
  const summary = (await readJson('coverage/coverage-summary.json')) as Readonly<Record<string, FileCoverage>>;
  const files = Object.fromEntries(Object.entries(summary).map(([path, file]) => [relative('.', path), file]));
  const all = coverageOf(files, floors);
  for (const { folder, measure, percent, floor } of all) {
    console.log(`${folder.padEnd(20)} ${measure.padEnd(9)} ${percent.toFixed(2)} %, at least ${floor} %`);
  }
  const below = all.filter(({ percent, floor }) => percent < floor);
  if (below.length > 0) {
    const names = below.map(({ folder, measure }) => `${folder} (${measure})`).join(', ');
    console.error(`coverage fell: ${names}. Test what is new; coverage/lcov.info names the lines. Floors only rise.`);
    process.exitCode = 1;
  }
}

if (import.meta.main) {
  await main();
}
