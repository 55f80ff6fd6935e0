import test from 'ava';
import type { EachBatchPayload } from 'kafkajs';
import { currentContext } from '../context.ts';
import { createLogger, type Logger, silentLogger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import { BatchHandler } from './batch-handler.ts';
import type { ConsumerOptions, Outcome } from './consumer.ts';
import { planRoutes } from './forward.ts';

const retry = { name: 'things.retry.1m', delayMs: 60_000 };

interface Arrival {
  readonly topic?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly logger?: Logger;
}

/** Handles `count` messages of a topic; answers the offsets that were kept and what the events were counted as. */
async function handle(count: number, options: Partial<ConsumerOptions>, arrival: Arrival = {}) {
  const { topic = 'things', headers = {}, logger = silentLogger } = arrival;
  const metrics = createMetrics('test', 'test');
  const routes = planRoutes(['things'], () => [retry]);
  const tools = {
    client: { service: 'test', logger },
    producer: { send: async () => undefined, close: async () => undefined },
    settings: { maxAttempts: 1, retryDelayMs: 1 },
    metrics,
  } as unknown as ConstructorParameters<typeof BatchHandler>[1]; // what the handler takes of them
  const all = { group: 'test.group', topics: ['things'], handle: async () => 'handled' as const, ...options, routes };
  const handler = new BatchHandler(all, tools, new AbortController().signal);
  const kept: string[] = [];
  const messages = Array.from({ length: count }, (_, offset) => ({
    offset: String(offset),
    timestamp: '0',
    headers,
  }));
  await handler.handleBatch({
    batch: {
      topic,
      partition: 0,
      messages,
      highWatermark: String(count + 5),
      lastOffset: () => String(count - 1),
    },
    isRunning: () => true,
    isStale: () => false,
    resolveOffset: (offset: string) => void kept.push(offset),
    heartbeat: async () => {},
    commitOffsetsIfNecessary: async () => {},
    pause: () => () => {},
  } as unknown as EachBatchPayload); // what the handler takes of it
  const text = await metrics.registry.getSingleMetricAsString('kafka_events_consumed_total');
  const counts = [...text.matchAll(/outcome="(\w+)".*\} (\d+)$/gm)].map(([, name, number]) => [name, Number(number)]);
  const lag = await metrics.registry.getSingleMetric('kafka_consumer_lag_events')?.get();
  return { kept, counts: Object.fromEntries(counts), lag: lag?.values.map(({ value }) => value), handler, metrics };
}

test('events that were handled ahead are not handled again; the others come one by one, in order', async (t) => {
  const chunks: number[] = [];
  const single: string[] = [];
  const { kept, counts } = await handle(450, {
    handleAhead: async (events) => {
      chunks.push(events.length);
      const even = events.filter(({ offset }) => Number(offset) % 2 === 0);
      return new Map(even.map(({ offset }): [string, Outcome] => [offset, 'skipped']));
    },
    handle: async ({ offset }) => {
      single.push(offset);
      return 'handled';
    },
  });
  t.deepEqual(chunks, [200, 200, 50]);
  t.deepEqual(
    single,
    Array.from({ length: 225 }, (_, number) => String(number * 2 + 1)),
  );
  t.is(kept.length, 450);
  t.deepEqual(counts, { skipped: 225, handled: 225 });
});

test('when handling ahead fails, every event is handled by itself', async (t) => {
  const single: string[] = [];
  const { counts } = await handle(3, {
    handleAhead: () => Promise.reject(new Error('one of them is broken')),
    handle: async ({ offset }) => {
      single.push(offset);
      return 'handled';
    },
  });
  t.deepEqual(single, ['0', '1', '2']);
  t.deepEqual(counts, { handled: 3 });
});

test('events of a retry topic are never handled ahead', async (t) => {
  const { counts } = await handle(
    2,
    { handleAhead: () => Promise.reject(new Error('not asked for')) },
    { topic: retry.name },
  );
  t.deepEqual(counts, { handled: 2 });
});

test('an event is handled in its own request and trace, without a deadline, and the next one in its own', async (t) => {
  const headers = { ce_correlationid: 'request-1', ce_traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` };
  const seen: unknown[] = [];
  const note = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    const context = currentContext();
    seen.push([context?.requestId, context?.traceId, context?.remainingMs(), context?.cancelled]);
    return 'handled' as const;
  };
  await handle(1, { handle: note }, { headers });
  await handle(2, { handle: note }, { headers: { ce_correlationid: 'not\nharmless', ce_traceparent: 'broken' } });
  t.deepEqual(seen, [
    ['request-1', 'ab'.repeat(16), Number.POSITIVE_INFINITY, undefined],
    ['things/0/0', undefined, Number.POSITIVE_INFINITY, undefined],
    ['things/0/1', undefined, Number.POSITIVE_INFINITY, undefined],
  ]);
  t.is(currentContext(), undefined);
});

test('the line of an event that is given up names its request and its trace', async (t) => {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>); // one line is one object
  const logger = createLogger({ service: 'test', version: '1', level: 'info' }, { write });
  const headers = { ce_correlationid: 'request-1', ce_traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` };
  const broken = { handle: () => Promise.reject(new Error('broken')), isPermanent: () => true };
  t.deepEqual((await handle(1, broken, { headers, logger })).counts, { dead: 1 });
  t.like(lines[0], { msg: 'an event is given up', requestId: 'request-1', traceId: 'ab'.repeat(16) });
});

test('a consumer waits while requests need the connections, and not for ever', async (t) => {
  let looks = 0;
  const begun = performance.now();
  const isBusy = () => {
    looks += 1;
    return looks < 5;
  };
  const { counts, metrics } = await handle(2, { isBusy });
  t.deepEqual(counts, { handled: 2 });
  t.is(looks, 6, 'until they have what they need, then once per event');
  t.is((await metrics.registry.getSingleMetric('kafka_consumer_pauses_total')?.get())?.values[0]?.value, 1);
  t.true(performance.now() - begun >= 150);
  t.deepEqual((await handle(1, { isBusy: () => true })).counts, { handled: 1 });
});

test('what is left in a partition is told, and no more once another member reads it', async (t) => {
  const { lag, handler, metrics } = await handle(3, {});
  t.deepEqual(lag, [5]);
  const values = async () =>
    (await metrics.registry.getSingleMetric('kafka_consumer_lag_events')?.get())?.values.length;
  handler.keepOnly({ things: [1, 0] });
  t.is(await values(), 1);
  handler.keepOnly({ things: [1] });
  t.is(await values(), 0);
});
