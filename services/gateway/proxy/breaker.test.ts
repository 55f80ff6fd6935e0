import test from 'ava';
import { type Breaker, createBreaker, type Permit, type Verdict } from './breaker.ts';

const rules = { windowMs: 10_000, minimumCalls: 20, failureShare: 0.5, openMs: 5000, probes: 3 };

function start() {
  const clock = { ms: 0 };
  return { clock, breaker: createBreaker(() => clock.ms, rules) };
}

function permitOf(breaker: Breaker): Permit {
  const admission = breaker.admit();
  if (admission.state === 'refused') throw new Error('refused');
  return admission.permit;
}

const call = (breaker: Breaker, verdict: Verdict, times = 1): void => {
  for (let count = 0; count < times; count += 1) permitOf(breaker).settle(verdict);
};

/** A breaker that has just opened. */
function opened() {
  const started = start();
  call(started.breaker, 'bad', 20);
  return started;
}

test('half of twenty calls must fail, and fewer say nothing', (t) => {
  const { breaker } = start();
  call(breaker, 'bad', 9);
  call(breaker, 'good', 10);
  call(breaker, 'unknown', 50);
  t.false(breaker.isOpen);
  t.is(breaker.admit().state, 'admitted');
  call(breaker, 'bad');
  t.true(breaker.isOpen);
  t.deepEqual(breaker.admit(), { state: 'refused', retryAfterMs: 5000 });
});

test('what is older than the window does not count', (t) => {
  const { breaker, clock } = start();
  call(breaker, 'bad', 19);
  clock.ms = 10_000;
  call(breaker, 'bad', 19);
  t.false(breaker.isOpen);
  clock.ms = 10_500;
  call(breaker, 'bad');
  t.true(breaker.isOpen);
});

test('after its time it lets three calls through, and closes when all did well', (t) => {
  const { breaker, clock } = opened();
  clock.ms = 4999;
  t.deepEqual(breaker.admit(), { state: 'refused', retryAfterMs: 1 });
  clock.ms = 5000;
  const probes = [permitOf(breaker), permitOf(breaker), permitOf(breaker)];
  t.is(breaker.admit().state, 'refused');
  for (const probe of probes.slice(0, 2)) probe.settle('good');
  t.true(breaker.isOpen);
  t.is(breaker.admit().state, 'refused');
  probes[2]?.settle('good');
  t.false(breaker.isOpen);
  call(breaker, 'bad', 19);
  t.false(breaker.isOpen, 'it begins anew');
});

test('one probe that fails opens it again; one whose caller left makes room for another', (t) => {
  const { breaker, clock } = opened();
  clock.ms = 5000;
  const [left, failed, late] = [permitOf(breaker), permitOf(breaker), permitOf(breaker)];
  left.settle('unknown');
  const another = permitOf(breaker);
  t.is(breaker.admit().state, 'refused');
  failed.settle('bad');
  t.deepEqual(breaker.admit(), { state: 'refused', retryAfterMs: 5000 });
  clock.ms = 10_000;
  call(breaker, 'good', 2);
  for (const old of [late, another]) old.settle('bad');
  t.is(breaker.admit().state, 'admitted', 'probes of the time before say nothing');
});

test('calls that began before it opened say nothing, and each call counts once', (t) => {
  const { breaker, clock } = start();
  const slow = permitOf(breaker);
  call(breaker, 'bad', 20);
  clock.ms = 5000;
  slow.settle('bad');
  call(breaker, 'good', 3);
  t.false(breaker.isOpen);
  const one = permitOf(breaker);
  for (let times = 0; times < 40; times += 1) one.settle('bad');
  t.false(breaker.isOpen);
});
