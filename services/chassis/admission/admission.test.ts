import test from 'ava';
import { ProblemError } from '../problem.ts';
import { type AdmissionRules, createAdmission } from './admission.ts';
import { type Criticality, criticalities } from './criticality.ts';

const patient: AdmissionRules = { concurrency: 2, maxWaitMs: 60_000 };

/** An admission, and what became of each request that was asked for. */
function observed(rules: AdmissionRules, isRefused: (criticality: Criticality) => boolean = () => false) {
  const shed: string[] = [];
  const log: string[] = [];
  const admission = createAdmission(rules, {
    onShed: (criticality, reason) => shed.push(`${criticality}: ${reason}`),
    isRefused,
  });
  const ask = async (name: string, criticality: Criticality = 'standard'): Promise<void> => {
    try {
      await admission.enter(criticality);
      log.push(`${name} runs`);
    } catch (error) {
      log.push(error instanceof ProblemError ? `${name} ${error.code}` : String(error));
    }
  };
  return { admission, shed, log, ask };
}

/** Lets everything happen that has been decided. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('as many run as may, and the others take their places in the order of what they are worth, then of their arrival', async (t) => {
  const { admission, log, ask } = observed(patient);
  for (const name of ['a', 'b']) void ask(name);
  void ask('suggestion', 'sheddable');
  void ask('page 1');
  void ask('order', 'critical');
  void ask('page 2');
  await settle();
  t.deepEqual(log, ['a runs', 'b runs']);
  t.deepEqual(admission.counts(), { running: 2, waiting: 4 });
  for (let index = 0; index < 4; index += 1) {
    admission.leave();
    await settle();
  }
  t.deepEqual(log.slice(2), ['order runs', 'page 1 runs', 'page 2 runs', 'suggestion runs']);
  admission.leave();
  admission.leave();
  t.deepEqual(admission.counts(), { running: 0, waiting: 0 });
});

test('what waited too long is refused, and its place goes to nobody', async (t) => {
  const { admission, log, shed, ask } = observed({ concurrency: 1, maxWaitMs: 5 });
  await ask('a');
  await ask('late');
  t.deepEqual(log, ['a runs', 'late overloaded']);
  t.deepEqual(shed, ['standard: waited']);
  admission.leave();
  t.deepEqual(admission.counts(), { running: 0, waiting: 0 });
  await ask('next');
  t.is(log.at(-1), 'next runs');
});

test('when too many wait, the last of the least critical makes room; checkout is refused last of all', async (t) => {
  const { log, shed, ask } = observed({ concurrency: 1, maxWaitMs: 60_000 });
  await ask('a');
  for (const name of ['s1', 's2']) void ask(name, 'sheddable');
  for (const name of ['p1', 'p2']) void ask(name);
  await ask('s3', 'sheddable');
  void ask('p3');
  void ask('order 1', 'critical');
  await settle();
  t.deepEqual(log, ['a runs', 's3 overloaded', 's2 overloaded', 's1 overloaded']);
  await ask('p4');
  for (const name of ['order 2', 'order 3', 'order 4']) void ask(name, 'critical');
  await settle();
  t.deepEqual(log.slice(4), ['p4 overloaded', 'p3 overloaded', 'p2 overloaded', 'p1 overloaded']);
  await ask('order 5', 'critical');
  t.is(log.at(-1), 'order 5 overloaded');
  t.true(shed.every((line) => line.endsWith('full')));
});

test('while the process is slow, what it is too slow for is refused at once, also when nothing runs', async (t) => {
  const { log, shed, ask } = observed(patient, (criticality) => criticality === 'sheddable');
  await ask('suggestion', 'sheddable');
  await ask('page');
  t.deepEqual(log, ['suggestion overloaded', 'page runs']);
  t.deepEqual(shed, ['sheddable: event-loop']);
});

test('the order of criticality is the order in which requests are served', (t) => {
  t.deepEqual(criticalities, ['critical', 'standard', 'sheddable']);
});
