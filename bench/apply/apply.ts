import { startApiServer } from '../../lab/api.ts';
import type { Bench } from '../bench.ts';
import { type Comparison, cpuMsPerOperation, msPerOperation, valuesOf } from '../harness/interleave.ts';
import { describeNoise, exactly, type Ratio, ratio, type Section, type Table } from '../harness/report.ts';
import { median, pairRatios } from '../harness/statistics.ts';
import { type Counted, countCourse } from './counts.ts';
import { type Course, objectSetCourse, productionCourse } from './course.ts';
import { objectSetSize } from './object-set.ts';
import { ours, type Races, race } from './race.ts';
import { timelineTable } from './timeline.ts';

/** A stack's children by the engine, by kubectl, and by raw lanes with ready bodies. */
export const applyBench: Bench = {
  name: 'apply',
  title: 'a stack from its manifest to the last acknowledged child',
  async run({ quick, rounds, say }) {
    const counted = await count();
    if (quick) {
      return { name: applyBench.name, title: applyBench.title, ...counted, ratios: [], tables: [] };
    }
    await using server = await startApiServer();
    await server.installCrds(['crds/ecommercestack.yaml']);
    const raced: Raced[] = [];
    for (const prepare of [productionCourse, objectSetCourse]) {
      const course = await prepare(server);
      say(`apply: ${course.name}, ${course.children.length} children`);
      raced.push({ course, races: await race(server, course, rounds) });
    }
    return toSection(counted, raced);
  },
};

interface Raced {
  readonly course: Course;
  readonly races: Races;
}

/** On a server of its own: the audit log would slow a race down. */
async function count(): Promise<Counted> {
  await using server = await startApiServer({ audit: true });
  await server.installCrds(['crds/ecommercestack.yaml']);
  const set = await objectSetCourse(server);
  const counted = await countCourse(server, await productionCourse(server));
  return {
    notes: counted.notes,
    gates: [exactly('children of the object set', set.children.length, objectSetSize), ...counted.gates],
  };
}

function toSection({ gates, notes }: Counted, raced: readonly Raced[]): Section {
  return {
    name: applyBench.name,
    title: applyBench.title,
    gates,
    ratios: raced.flatMap(({ course, races }) => ratiosOf(course, races)),
    tables: raced.flatMap(({ course, races }) => [
      timeTable(`${course.name}, ${course.children.length} children, first apply`, races.first),
      timelineTable(course.name, races.timelines),
      timeTable(`${course.name}, applied again unchanged`, races.again),
    ]),
    notes: [
      ...notes,
      ...raced.flatMap(({ course, races }) => [
        `${course.name}, first apply: ${describeNoise(races.first)}`,
        `${course.name}, again: ${describeNoise(races.again)}`,
        ...course.failures.map((failure) => `${course.name}: a pass failed and was repeated: ${failure}`),
        `${course.name}: the very first pass, which also generates ${course.credentials.length} credential Secrets (RSA key included), took ${course.firstEverMs.toFixed(0)} ms; the races adopt them.`,
      ]),
    ],
  };
}

function ratiosOf({ name }: Course, { first, again }: Races): readonly Ratio[] {
  const times = (comparison: Comparison, variant: string) => valuesOf(comparison, variant, msPerOperation);
  const divide = (comparison: Comparison, other: string) =>
    pairRatios(times(comparison, ours), times(comparison, other));
  return [
    ratio(`${name}: ours / kubectl`, divide(first, 'kubectl'), first, { bound: 'at most', value: 0.4 }),
    ratio(`${name}: ours / raw lanes`, divide(first, 'raw lanes'), first, { bound: 'at most', value: 1.25 }),
    ratio(`${name} unchanged: ours / kubectl`, divide(again, 'kubectl'), again),
    ratio(`${name} unchanged: ours / raw lanes`, divide(again, 'raw lanes'), again),
  ];
}

function timeTable(title: string, comparison: Comparison): Table {
  const names = Object.keys(comparison.rounds[0]?.slices ?? {}).toSorted();
  return {
    title: `${title}: medians of ${comparison.rounds.length} rounds, all in ms; CPU is the mean`,
    columns: ['by', 'time', 'best', 'client CPU', 'kubectl CPU', 'kube-apiserver CPU', 'etcd CPU'],
    rows: names.map((name) => {
      const times = valuesOf(comparison, name, msPerOperation);
      const cpu = ['client', 'kubectl', 'kube-apiserver', 'etcd'].map((process) =>
        cpuMsPerOperation(comparison, name, process),
      );
      return [name, median(times), Math.min(...times), ...cpu];
    }),
  };
}
