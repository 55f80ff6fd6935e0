import test from 'ava';
import fc from 'fast-check';
import { decide, type Rate } from './gcra.ts';
import { createLeases, type Grant, leaseMs, mostPerLease } from './leases.ts';

/** What Redis does, for one caller: see the script in `gcra.ts`. */
function createBucket(rate: Rate) {
  let arrival: number | undefined;
  return (count: number, nowMs: number): Grant => {
    let granted = 0;
    let last = { remaining: 0, resetMs: 0, retryAfterMs: 0 };
    while (granted < count) {
      const { decision, next } = decide(rate, arrival, nowMs);
      if (granted === 0) last = decision;
      if (!decision.isAllowed) break;
      last = decision;
      arrival = next;
      granted += 1;
    }
    return { granted, ...last };
  };
}

/** A gateway: spends what it holds, or asks. `delay` between question and answer is left to the caller. */
function createGateway(rate: Rate, bucket: ReturnType<typeof createBucket>) {
  const leases = createLeases();
  let questions = 0;
  return {
    take: (nowMs: number) => {
      const held = leases.spend('caller', nowMs);
      if (held !== undefined) return held;
      questions += 1;
      const question = leases.ask('caller', rate);
      return question.answer(bucket(question.count, nowMs), nowMs);
    },
    questions: () => questions,
  };
}

const usual: Rate = { burst: 600, intervalMs: 10 };

test('a caller that comes often is asked about seldom, and what is left is counted all the same', (t) => {
  const gateway = createGateway(usual, createBucket(usual));
  for (let index = 1; index <= 100; index += 1) t.is(gateway.take(0).remaining, 600 - index);
  t.true(gateway.questions() <= 1 + Math.ceil(99 / mostPerLease) + 1, `${gateway.questions()} questions`);
});

test('a caller near its limit is counted one by one, exactly', (t) => {
  const gateways = [1, 2, 3].map(() => undefined);
  const bucket = createBucket(usual);
  const shared = gateways.map(() => createGateway(usual, bucket));
  const decisions = Array.from({ length: 900 }, (_, index) => shared[index % 3]?.take(0));
  t.is(decisions.filter((decision) => decision?.isAllowed === true).length, 600);
  t.deepEqual(decisions.at(-1), { isAllowed: false, remaining: 0, resetMs: 6000, retryAfterMs: 10 });
});

test('a small allowance is never granted in advance', (t) => {
  const rate = { burst: 5, intervalMs: 12_000 };
  const leases = createLeases();
  const bucket = createBucket(rate);
  for (let index = 0; index < 8; index += 1) {
    t.is(leases.spend('caller', index), undefined);
    const question = leases.ask('caller', rate);
    t.is(question.count, 1);
    t.is(question.answer(bucket(1, index), index).isAllowed, index < 5);
  }
});

test('while more is asked for, others ask for one each, and a question without an answer is forgotten', (t) => {
  const leases = createLeases();
  leases.ask('caller', usual).answer({ granted: 1, remaining: 599, resetMs: 10, retryAfterMs: 0 }, 0);
  const first = leases.ask('caller', usual);
  t.is(first.count, mostPerLease);
  const second = leases.ask('caller', usual);
  t.is(second.count, 1);
  t.true(second.answer({ granted: 1, remaining: 500, resetMs: 10, retryAfterMs: 0 }, 0).isAllowed);
  t.is(leases.spend('caller', 0), undefined, 'the answer to one request holds none for others');
  first.giveUp();
  t.is(leases.ask('caller', usual).count, mostPerLease);
});

test('in any stretch of time no more are allowed than burst and rate, and what a caller is given while a grant lasts', (t) => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 2 })), {
    minLength: 1,
    maxLength: 400,
  });
  const rates = fc.record({ burst: fc.integer({ min: 1, max: 200 }), intervalMs: fc.integer({ min: 1, max: 500 }) });
  fc.assert(
    fc.property(rates, steps, (rate, list) => {
      const bucket = createBucket(rate);
      const gateways = [createGateway(rate, bucket), createGateway(rate, bucket), createGateway(rate, bucket)];
      let now = 0;
      const allowedAt: number[] = [];
      for (const [wait, index] of list) {
        now += wait;
        if (gateways[index]?.take(now).isAllowed === true) allowedAt.push(now);
      }
      const early = 3 * Math.min(Math.ceil(leaseMs / rate.intervalMs), mostPerLease, Math.floor(rate.burst / 8));
      return allowedAt.every((from, first) =>
        allowedAt.every(
          (to, last) =>
            last < first || last - first + 1 <= rate.burst + Math.floor((to - from) / rate.intervalMs + 0.001) + early,
        ),
      );
    }),
    { numRuns: 100 },
  );
  t.pass();
});
