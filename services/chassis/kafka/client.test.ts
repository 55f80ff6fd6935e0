import test from 'ava';
import { retryFor } from './client.ts';

/** What the waits add up to: kafkajs spreads each by a fifth around the last one, doubles it, and caps it. */
function sumOfWaits({ initialRetryTime, maxRetryTime, retries }: ReturnType<typeof retryFor>, spread: number): number {
  let wait = initialRetryTime * spread;
  let sum = 0;
  for (let count = 0; count < retries; count += 1) {
    sum += wait;
    wait = Math.min(wait * spread * 2, maxRetryTime);
  }
  return sum;
}

test('attempts go on for as long as they are asked to, and not much longer', (t) => {
  for (const durationMs of [300, 2000, 20_000, 25_000, 60_000]) {
    t.true(sumOfWaits(retryFor(durationMs), 0.8) >= durationMs, `${durationMs}`);
    t.true(sumOfWaits(retryFor(durationMs), 1.2) <= durationMs + 2000, `${durationMs}`);
  }
});

test('a new leader is found in about a second: after two waits, as kafkajs asks who leads before it waits', (t) => {
  t.true(2 * retryFor(20_000).maxRetryTime <= 1000);
});
