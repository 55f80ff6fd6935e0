import test from 'ava';
import type { EachBatchPayload } from 'kafkajs';
import { silentLogger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import { BatchHandler } from './batch-handler.ts';
import type { ConsumerOptions, Outcome } from './consumer.ts';
import { planRoutes } from './forward.ts';

const retry = { name: 'things.retry.1m', delayMs: 60_000 };

/** Handles `count` messages of `topic`; answers the offsets that were kept and what the events were counted as. */
async function handle(count: number, options: Partial<ConsumerOptions>, topic = 'things') {
  const metrics = createMetrics('test', 'test');
  const routes = planRoutes(['things'], () => [retry]);
  const tools = {
    client: { service: 'test', logger: silentLogger },
    settings: { maxAttempts: 1, retryDelayMs: 1 },
    metrics,
  } as ConstructorParameters<typeof BatchHandler>[1]; // no event is passed on here
  const all = { group: 'test.group', topics: ['things'], handle: async () => 'handled' as const, ...options, routes };
  const handler = new BatchHandler(all, tools, new AbortController().signal);
  const kept: string[] = [];
  const messages = Array.from({ length: count }, (_, offset) => ({
    offset: String(offset),
    timestamp: '0',
    headers: {},
  }));
  await handler.handleBatch({
    batch: { topic, partition: 0, messages },
    isRunning: () => true,
    isStale: () => false,
    resolveOffset: (offset: string) => void kept.push(offset),
    heartbeat: async () => {},
    commitOffsetsIfNecessary: async () => {},
    pause: () => () => {},
  } as unknown as EachBatchPayload); // what the handler takes of it
  const text = await metrics.registry.getSingleMetricAsString('kafka_events_consumed_total');
  const counts = [...text.matchAll(/outcome="(\w+)".*\} (\d+)$/gm)].map(([, name, number]) => [name, Number(number)]);
  return { kept, counts: Object.fromEntries(counts) };
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
  const { counts } = await handle(2, { handleAhead: () => Promise.reject(new Error('not asked for')) }, retry.name);
  t.deepEqual(counts, { handled: 2 });
});
