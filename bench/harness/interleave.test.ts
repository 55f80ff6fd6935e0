import test from 'ava';
import { cpuMsPerOperation, interleave, msPerOperation, type Variant, valuesOf } from './interleave.ts';

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
  const { rounds } = await interleave(recording(['a', 'b', 'c'], log), { rounds: 3, meters: [] });
  t.is(log.join(''), 'abc' + 'abc' + 'bca' + 'cab');
  t.is(rounds.length, 3);
});

test('rounds with too much steal are thrown away and counted', async (t) => {
  let reading = 0;
  // Four readings per round of two slices; in the second counted round half of the time is stolen.
  const weather = () => {
    reading += 1;
    const round = Math.ceil(reading / 4);
    return { totalTicks: reading * 100, stolenTicks: round === 3 ? reading * 50 : 0, running: 1 };
  };
  const comparison = await interleave(recording(['a', 'b'], []), { rounds: 3, meters: [], weather });
  t.is(comparison.rounds.length, 2);
  t.is(comparison.discarded, 1);
  t.false(comparison.isTooNoisy);
  t.is(comparison.worstSteal, 0.5);
});

test('a comparison of which most was thrown away is too noisy', async (t) => {
  let reading = 0;
  const weather = () => {
    reading += 1;
    return { totalTicks: reading * 100, stolenTicks: reading * 20, running: 1 };
  };
  const comparison = await interleave(recording(['a'], []), { rounds: 4, meters: [], weather });
  t.true(comparison.isTooNoisy);
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
  const comparison = await interleave(recording(['a'], [], 10), { rounds: 2, meters: [meter] });
  t.is(cpuMsPerOperation(comparison, 'a', 'server'), 3);
  t.is(valuesOf(comparison, 'a', ({ operations }) => operations).length, 2);
  t.true(valuesOf(comparison, 'a', msPerOperation).every((ms) => ms >= 0));
});

test('an unknown variant is refused with the names there are', async (t) => {
  const comparison = await interleave(recording(['a'], []), { rounds: 1, meters: [] });
  t.throws(() => valuesOf(comparison, 'b', msPerOperation), { message: /no variant "b"; there are a/ });
});
