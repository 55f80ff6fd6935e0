import test from 'ava';
import { dueAt, forward, isForAnother, planForwarding, planRoutes } from './forward.ts';
import { toIncomingEvent } from './incoming-event.ts';
import type { OutgoingEvent } from './producer.ts';

const retriesOf = (topic: string) => [
  { name: `${topic}.retry.1m`, delayMs: 60_000 },
  { name: `${topic}.retry.10m`, delayMs: 600_000 },
];
const routes = planRoutes(['orders'], retriesOf);
const now = new Date('2026-01-02T03:04:05.000Z');
const noStack = Object.assign(new Error('broken'), { stack: undefined });
const failure = { error: noStack as unknown, attempts: 5, isPermanent: false, group: 'search.indexing', now };

function incoming({ topic, value = null, headers = {} }: Pick<OutgoingEvent, 'topic'> & Partial<OutgoingEvent>) {
  const entries = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]);
  return toIncomingEvent(topic, 2, {
    key: Buffer.from('key'),
    value: value === null ? null : Buffer.from(value),
    headers: Object.fromEntries(entries),
    timestamp: '0',
    attributes: 0,
    offset: '41',
  });
}

function planFrom(event: ReturnType<typeof incoming>, changes: Partial<typeof failure> = {}) {
  const route = routes.get(event.topic);
  if (route === undefined) throw new Error(`no route from ${event.topic}`);
  return planForwarding(event, route, { ...failure, ...changes });
}

test('a failing event goes from topic to topic, and says where it came from', (t) => {
  const first = planFrom(incoming({ topic: 'orders', value: 'x', headers: { ce_id: '1' } }));
  t.is(first.outcome, 'retry');
  t.is(first.event.topic, 'orders.retry.1m');
  t.deepEqual(first.event.value, Buffer.from('x'));
  t.deepEqual(first.event.headers, {
    ce_id: '1',
    'x-error': 'broken',
    'x-attempts': '5',
    'x-original-topic': 'orders',
    'x-original-partition': '2',
    'x-original-offset': '41',
    'x-first-failed-at': now.toISOString(),
    'x-not-before': '2026-01-02T03:05:05.000Z',
    'x-consumer-group': 'search.indexing',
  });
  const second = planFrom(incoming(first.event), { now: new Date('2026-01-02T03:06:00.000Z') });
  t.is(second.event.topic, 'orders.retry.10m');
  t.like(second.event.headers, { 'x-attempts': '10', 'x-not-before': '2026-01-02T03:16:00.000Z' });
  const third = planFrom(incoming(second.event));
  t.is(third.outcome, 'dead');
  t.is(third.event.topic, 'orders.dlq');
  t.like(third.event.headers, { 'x-attempts': '15', 'x-first-failed-at': now.toISOString() });
  t.false('x-not-before' in (third.event.headers ?? {}));
});

test('failures of one defect have one hash, whatever their message and their line', (t) => {
  const hashOf = (error: unknown, headers = {}) =>
    planFrom(incoming({ topic: 'orders', headers }), { error }).event.headers?.['x-stack-hash'];
  const failedAt = (message: string, place: string) =>
    Object.assign(new Error(message), {
      stack: `Error: ${message}\n    at apply (${place})\n    at async run (/app/run.ts:7:1)`,
    });
  const hash = hashOf(failedAt('a', '/app/apply.ts:10:5'));
  t.regex(hash ?? '', /^[0-9a-f]{12}$/);
  t.is(hashOf(failedAt('b', '/app/apply.ts:12:9')), hash);
  t.not(hashOf(failedAt('a', '/app/other.ts:10:5')), hash);
  t.is(hashOf('no error', { 'x-stack-hash': 'of before' }), undefined);
});

test('what cannot get better goes to the dead-letter topic at once', (t) => {
  t.is(planFrom(incoming({ topic: 'orders' }), { isPermanent: true }).event.topic, 'orders.dlq');
});

test('an event keeps its identity on its way', (t) => {
  const event = incoming({ topic: 'orders' });
  t.is(event.id, 'orders/2/41');
  t.is(incoming(planFrom(event).event).id, 'orders/2/41');
});

test('a retry topic is read for oneself, at the time', (t) => {
  const event = incoming(planFrom(incoming({ topic: 'orders' })).event);
  t.false(isForAnother(event, 'search.indexing'));
  t.true(isForAnother(event, 'cart.prices'));
  t.deepEqual(dueAt(event), new Date('2026-01-02T03:05:05.000Z'));
  t.is(dueAt(incoming({ topic: 'orders', headers: { 'x-not-before': 'soon' } })), undefined);
});

test('only a refusal of the size drops the value', async (t) => {
  const sent: OutgoingEvent[] = [];
  const failing = (error: Error) => ({
    send: async (event: OutgoingEvent) => {
      sent.push(event);
      if (event.value !== null) throw error;
    },
    close: async () => undefined,
  });
  const plan = planFrom(incoming({ topic: 'orders', value: 'four' }));
  await t.throwsAsync(forward(failing(new Error('kafka is away')), plan), { message: 'kafka is away' });
  const tooLarge = new Error('wrapped', {
    cause: Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' }),
  });
  await forward(failing(tooLarge), plan);
  t.is(sent.at(-1)?.value, null);
  t.is(sent.at(-1)?.headers?.['x-dropped-value-bytes'], '4');
});
