import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { isStuck, type Liveness } from './running-pod.ts';

const probe = { httpGet: { path: '/liveness' }, periodSeconds: 0.01, failureThreshold: 3, timeoutSeconds: 1 };

async function ask(liveness: Liveness, ...answers: readonly boolean[]): Promise<readonly boolean[]> {
  const found = [];
  for (const answer of answers) {
    await delay(15);
    found.push(await isStuck({ liveness }, probe, async () => answer));
  }
  return found;
}

test('a container is stuck when its probe has failed in a row as often as is allowed', async (t) => {
  const liveness: Liveness = { askedAt: 0 };
  t.deepEqual(await ask(liveness, true, false, false, true, false, false), [false, false, false, false, false, false]);
  t.deepEqual(await ask(liveness, false), [true]);
});

test('one that is still starting is not', async (t) => {
  t.deepEqual(await ask({ askedAt: 0 }, false, false, false, false), [false, false, false, false]);
});

test('a probe is asked once a period', async (t) => {
  const liveness: Liveness = { askedAt: performance.now() };
  t.false(await isStuck({ liveness }, { ...probe, periodSeconds: 60 }, async () => t.fail()));
  t.pass();
});
