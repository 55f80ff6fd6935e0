import test from 'ava';
import { cpuMsPerOperation, interleave, msPerOperation, type Variant, valuesOf } from './interleave.ts';
import type { Weather } from './weather.ts';

const calm = () => ({ totalTicks: 0, busyTicks: 0, stolenTicks: 0 });

function recording(names: readonly string[], log: string[], operations = 1): readonly Variant[] {
  return names.map((name) => ({
    name,
    run: () => {
      log.push(name);
      return Promise.resolve(operations);
    },
  }));
}

test('each round runs every variant once, in a rotated order, after a round that does not count', async (t) => {
  const log: string[] = [];
  const { rounds } = await interleave(recording(['a', 'b', 'c'], log), { rounds: 3, meters: [], weather: calm });
  t.is(log.join(''), 'abc' + 'abc' + 'bca' + 'cab');
  t.is(rounds.length, 3);
});

/** A clock of 100 ticks a reading, of which the share of `stolen` goes to others: four readings a round of two slices. */
function weatherOf(stolen: (round: number) => number): () => Weather {
  let reading = 0;
  let stolenTicks = 0;
  return () => {
    stolenTicks += stolen(Math.floor(reading / 4)) * 100;
    reading += 1;
    return { totalTicks: reading * 100, busyTicks: stolenTicks, stolenTicks };
  };
}

test('rounds of which too much went to others are thrown away and counted', async (t) => {
  const weather = weatherOf((round) => (round === 2 ? 0.5 : 0));
  const comparison = await interleave(recording(['a', 'b'], []), { rounds: 3, meters: [], weather });
  t.is(comparison.rounds.length, 2);
  t.is(comparison.discarded, 1);
  t.false(comparison.isTooNoisy);
  t.is(comparison.worstSteal, 0.5);
  t.is(Math.max(...comparison.disturbances), 0.5);
});

test('a comparison of which most was disturbed is marked too noisy and keeps all its rounds', async (t) => {
  const weather = weatherOf((round) => (round === 1 ? 0 : 0.4));
  const comparison = await interleave(recording(['a', 'b'], []), { rounds: 4, meters: [], weather });
  t.true(comparison.isTooNoisy);
  t.is(comparison.rounds.length, 4);
  t.is(comparison.disturbed, 3);
});

test('costs are per operation', async (t) => {
  let cpu = 0;
  const meter = {
    name: 'server',
    read: () => {
      cpu += 30;
      return cpu;
    },
  };
  const comparison = await interleave(recording(['a'], [], 10), { rounds: 2, meters: [meter], weather: calm });
  t.is(cpuMsPerOperation(comparison, 'a', 'server'), 3);
  t.is(valuesOf(comparison, 'a', ({ operations }) => operations).length, 2);
  t.true(valuesOf(comparison, 'a', msPerOperation).every((ms) => ms >= 0));
});

test('an unknown variant is refused with the names there are', async (t) => {
  const comparison = await interleave(recording(['a'], []), { rounds: 1, meters: [], weather: calm });
  t.throws(() => valuesOf(comparison, 'b', msPerOperation), { message: /no variant "b"; there are a/ });
});

test('a variant may say itself what of its time counts, and is checked after the clock has stopped', async (t) => {
  const log: string[] = [];
  const variant: Variant = {
    name: 'a',
    prepare: () => Promise.resolve(void log.push('prepare')),
    run: () => {
      log.push('run');
      return Promise.resolve({ operations: 4, wallMs: 8 });
    },
    check: () => Promise.resolve(void log.push('check')),
  };
  const comparison = await interleave([variant], { rounds: 1, meters: [], weather: calm });
  t.deepEqual(valuesOf(comparison, 'a', msPerOperation), [2]);
  t.deepEqual(log.slice(0, 3), ['prepare', 'run', 'check']);
});
