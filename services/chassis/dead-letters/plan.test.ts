import test from 'ava';
import { planForwarding, planRoutes } from '../kafka/forward.ts';
import { toIncomingEvent } from '../kafka/incoming-event.ts';
import { planReplay } from './plan.ts';

const now = new Date('2026-01-02T03:04:05.000Z');
const retries = [{ name: 'orders.retry.1m', delayMs: 60_000 }];
const routes = planRoutes(['orders'], () => retries);
const plan = { service: 'search', retry: { name: 'orders.retry.1m' }, now } as const;

function arrived(topic: string, headers: Readonly<Record<string, string>>) {
  const entries = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]);
  return toIncomingEvent(topic, 2, {
    key: Buffer.from('key'),
    value: Buffer.from('value'),
    headers: Object.fromEntries(entries),
    timestamp: '0',
    attributes: 0,
    offset: '41',
  });
}

/** What the group has given up. */
function letter(group = 'search.indexing', more: Readonly<Record<string, string>> = {}) {
  const route = routes.get('orders') ?? { origin: 'orders', retries: [], delayMs: 0 };
  const failure = { error: new Error('broken'), attempts: 5, isPermanent: true, group, now };
  const { event } = planForwarding(arrived('orders', { traceparent: 'as it came' }), route, failure);
  return arrived(event.topic, { ...event.headers, ...more });
}

test('a letter goes back to its own group as it came, with all its attempts and the sign of a replay', (t) => {
  const replay = planReplay(letter(), plan);
  t.deepEqual(replay, {
    group: 'search.indexing',
    event: {
      topic: 'orders.retry.1m',
      key: Buffer.from('key'),
      value: Buffer.from('value'),
      headers: {
        traceparent: 'as it came',
        'x-original-topic': 'orders',
        'x-original-partition': '2',
        'x-original-offset': '41',
        'x-first-failed-at': now.toISOString(),
        'x-consumer-group': 'search.indexing',
        'x-replayed-at': now.toISOString(),
      },
    },
  });
});

test('an event without an id is the same one when it comes again', (t) => {
  const replay = planReplay(letter(), plan);
  if (replay === 'foreign' || 'refusal' in replay) return t.fail();
  t.is(arrived(replay.event.topic, replay.event.headers ?? {}).id, arrived('orders', {}).id);
});

test('what another service gave up is left to it, and what has lost its value stays', (t) => {
  t.is(planReplay(letter('cart.prices'), plan), 'foreign');
  t.is(planReplay(letter('searching.prices'), plan), 'foreign');
  t.is(planReplay(arrived('orders.dlq', {}), plan), 'foreign');
  t.deepEqual(planReplay(letter('search.indexing', { 'x-dropped-value-bytes': '900000' }), plan), {
    refusal: 'its value of 900000 bytes was left out; the original is orders/2/41',
  });
});
