import test from 'ava';
import type { BatchProducer, OutgoingEvent } from '../kafka/producer.ts';
import { silentLogger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import type { Connection } from '../postgres/statement.ts';
import { HandOverError, Lane, type LanePace } from './lane.ts';
import { createOutboxMetrics } from './metrics.ts';
import type { PayloadSeal } from './outbox.ts';
import type { PendingEvent } from './store.ts';

const pace: LanePace = { batchMaxEvents: 100, pollMs: 1, retryDelayMs: 1, stopPatienceMs: 1 };

/** A table of these events, and what is published of them. */
function aTable(keys: readonly string[]) {
  const rows: PendingEvent[] = keys.map((key, id) => ({
    id,
    eventId: `event-${id}`,
    key,
    headers: {},
    payload: `${key}${id}`,
    createdAt: new Date(),
  }));
  const marked: number[] = [];
  const session: Connection = {
    rows: async <Row>({ name }: { readonly name: string }, values: readonly unknown[] = []) => {
      if (name === 'outbox_mark') {
        marked.push(...(values[0] as number[])); // as the statement has it
        return [];
      }
      const exceptKeys = values[1] as readonly string[]; // as the statement has it
      return rows.filter(({ id, key }) => !marked.includes(id) && !exceptKeys.includes(key)) as Row[]; // claimed rows
    },
  };
  return { session, marked };
}

function aLane(seal?: PayloadSeal) {
  const { registry, ...others } = createMetrics('test', 'test');
  const metrics = createOutboxMetrics({ registry, ...others }, { rows: async () => [] });
  return { lane: new Lane('topic', { pace, metrics, logger: silentLogger, seal }), metrics };
}

const producerOf = (send: (values: readonly string[]) => Promise<void>): BatchProducer => ({
  send: (events: readonly OutgoingEvent[]) => send(events.map(({ value }) => String(value))),
  close: async () => undefined,
});

const refusal = () => Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' });

test('nothing of a key passes its refused event, however short the wait for it is', async (t) => {
  const { session, marked } = aTable(['a', 'b', 'a', 'c', 'a', 'b', 'a', 'a', 'c']);
  const { lane } = aLane();
  const stop = new AbortController();
  const stored: string[] = [];
  let refusals = 0;
  const producer = producerOf(async (values) => {
    // Longer than the block of one millisecond lasts.
    await new Promise((resolve) => setTimeout(resolve, 3));
    if (values.includes('a2') && refusals < 30) {
      refusals += 1;
      throw refusal();
    }
    stored.push(...values);
    if (stored.length === 9) stop.abort();
  });
  await lane.run({ session, producer, signal: stop.signal });
  t.is(refusals, 30);
  const ofKey = (key: string) => stored.filter((value) => value.startsWith(key));
  t.deepEqual(ofKey('a'), ['a0', 'a2', 'a4', 'a6', 'a7']);
  t.deepEqual(ofKey('b'), ['b1', 'b5']);
  t.deepEqual(ofKey('c'), ['c3', 'c8']);
  t.true(stored.indexOf('c8') < stored.indexOf('a2'), 'other keys went on');
  t.is(marked.length, 9);
});

test('who fails again and again lets another one try', async (t) => {
  const { session, marked } = aTable(['a']);
  const { lane, metrics } = aLane();
  const producer = producerOf(() => Promise.reject(new Error('no route to Kafka')));
  const term = { session, producer, signal: new AbortController().signal };
  await t.throwsAsync(lane.run(term), { instanceOf: HandOverError });
  t.is((await metrics.failures.get()).values[0]?.value, 6);
  await t.throwsAsync(lane.run(term), { instanceOf: HandOverError }, 'and so in its next term');
  t.deepEqual(marked, []);
});

test('a stop does not wait for a Kafka that never answers, and marks nothing', async (t) => {
  const { session, marked } = aTable(['a']);
  const { lane } = aLane();
  const stop = new AbortController();
  const producer = producerOf(() => {
    stop.abort();
    return new Promise(() => undefined);
  });
  await lane.run({ session, producer, signal: stop.signal });
  t.deepEqual(marked, []);
});

test('a stop waits for the batch in flight, and marks it', async (t) => {
  const { session, marked } = aTable(['a', 'b']);
  const { lane } = aLane();
  const stop = new AbortController();
  const producer = producerOf(async () => stop.abort());
  await lane.run({ session, producer, signal: stop.signal });
  t.deepEqual(marked, [0, 1]);
});

test('sealed payloads are opened for Kafka; one that cannot be opened holds up its key alone', async (t) => {
  const { session, marked } = aTable(['a', 'b', 'a', 'c']);
  let isBroken = true;
  const { lane } = aLane({
    seal: (payload) => payload,
    open: (stored, eventId) => {
      if (isBroken && eventId === 'event-0') throw new Error('the key is unknown');
      return `${stored} of ${eventId}`;
    },
  });
  const stop = new AbortController();
  const sent: string[] = [];
  const producer = producerOf(async (values) => {
    sent.push(...values);
    if (sent.length === 2) isBroken = false;
    if (sent.length === 4) stop.abort();
  });
  await lane.run({ session, producer, signal: stop.signal });
  t.deepEqual(sent, ['b1 of event-1', 'c3 of event-3', 'a0 of event-0', 'a2 of event-2']);
  t.deepEqual(marked, [1, 3, 0, 2]);
});
