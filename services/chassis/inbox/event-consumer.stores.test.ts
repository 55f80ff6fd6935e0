import { randomBytes, randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { parseTraceId } from '#contracts/headers.ts';
import { deadLetterTopic, type RetryTopic } from '#contracts/topics.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { RequestContext, runInContext } from '../context.ts';
import { type CloudEvent, newEvent, toRecord } from '../events/cloud-event.ts';
import { openBatchProducer, openProducer } from '../kafka/producer.ts';
import { createLogger, silentLogger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import { createOutboxMetrics } from '../outbox/metrics.ts';
import { createOutbox } from '../outbox/outbox.ts';
import { createRelay } from '../outbox/relay.ts';
import { openDatabase } from '../postgres/database.ts';
import { openSession } from '../postgres/session.ts';
import { type Connection, sql, type Transaction } from '../postgres/statement.ts';
import { ProblemError } from '../problem.ts';
import { countedOn, headerOf, startEventStores } from '../testing/event-stores.ts';
import { createEventConsumer, type EventConsumerOptions, onEvent } from './event-consumer.ts';
import { createInbox, inboxHours } from './inbox.ts';

const stores = await startEventStores();
test.after.always(() => stores.close());

const patient = { timeoutMs: 60_000 };
const quickRetries = (topic: string): readonly RetryTopic[] => [
  { name: `${topic}.retry.short`, delayMs: 300 },
  { name: `${topic}.retry.long`, delayMs: 600 },
];

interface Effect {
  readonly key: string;
  readonly count: number;
}

const addEffect = sql('test_effect', 'insert into effects (key, count) values ($1, $2)');

async function start(t: ExecutionContext, topic: string, deadLetterConfigs: Readonly<Record<string, string>> = {}) {
  const names = [topic, ...quickRetries(topic).map(({ name }) => name)];
  await stores.createTopics([
    ...names.map((name) => ({ topic: name, partitions: 1 })),
    { topic: deadLetterTopic(topic), partitions: 1, configs: deadLetterConfigs },
  ]);
  const rig = await stores.createDatabase(t);
  await rig.client.query('create table effects (position bigint generated always as identity, key text, count int)');
  const metrics = createMetrics('test', 'test');
  const producer = openProducer(stores.kafka, { batchMaxEvents: 100, sendTimeoutMs: 20_000 }, metrics);
  t.teardown(() => producer.close());
  const type = countedOn(topic);
  const record = (key: string, count: number) => {
    const origin = { id: randomUUID(), source: '/shop/test', time: new Date(), context: undefined };
    const { headers, payload } = toRecord(newEvent(type, { key, count }), origin);
    return { topic, key, value: payload, headers };
  };
  const apply = async (transaction: Transaction, { data: { key, count } }: CloudEvent<Effect>) => {
    await transaction.rows(addEffect, [key, count]);
  };
  return {
    ...rig,
    topic,
    type,
    record,
    apply,
    send: producer.send,
    consume: async (
      onCounted: typeof apply = apply,
      options: Partial<EventConsumerOptions> = {},
      database: Pick<typeof rig.database, 'primary' | 'transaction' | 'hasWaiters'> = rig.database,
    ) => {
      const tools = { client: stores.kafka, producer, settings: { maxAttempts: 2, retryDelayMs: 5 }, metrics };
      const handlers = [onEvent(type, onCounted)];
      const base = { service: 'search', purpose: topic, handlers, retriesOf: quickRetries } as const;
      const workers = createEventConsumer({ ...base, ...options }, database, tools);
      t.teardown(() => Promise.all(workers.map((worker) => worker.stop())));
      for (const worker of workers) await worker.start();
    },
    effects: async () => {
      const { rows } = await rig.client.query<Effect>('select key, count from effects order by position');
      return rows.map(({ key, count }) => `${key}${count}`);
    },
    pauses: async () =>
      (await metrics.registry.getSingleMetric('kafka_consumer_pauses_total')?.get())?.values[0]?.value,
    outcomes: async () => {
      const values = (await metrics.registry.getSingleMetric('kafka_events_consumed_total')?.get())?.values ?? [];
      return Object.fromEntries(values.map(({ labels, value }) => [`${labels['topic']} ${labels['outcome']}`, value]));
    },
  };
}

test.serial('an event that comes twice has one effect, also after a handling that failed half-way', async (t) => {
  const { record, send, consume, effects, outcomes, apply, topic } = await start(t, 'twice');
  const first = record('a', 1);
  const fragile = record('b', 1);
  await send(first);
  await send(first);
  await send(fragile);
  await send(fragile);
  await send(record('a', 2));
  let hasFailed = false;
  await consume(async (transaction, event) => {
    await apply(transaction, event);
    if (event.data.key === 'b' && !hasFailed) {
      hasFailed = true;
      throw new Error('after the effect, before the commit');
    }
  });
  await waitFor('the last one is handled', async () => (await effects()).includes('a2'), patient);
  t.deepEqual(await effects(), ['a1', 'b1', 'a2']);
  t.true(hasFailed);
  const counts = await outcomes();
  t.deepEqual([counts[`${topic} handled`], counts[`${topic} skipped`]], [3, 2]);
});

test.serial('of two that handle one event at once the second waits, and goes on only if the first fails', async (t) => {
  const { database } = await stores.createDatabase(t);
  const inbox = createInbox(database, { consumer: 'test', keepHours: 1 });
  const attempt = (id: string, fails: boolean) => {
    const claimed = Promise.withResolvers<boolean>();
    const release = Promise.withResolvers<void>();
    const done = database
      .transaction(async (transaction) => {
        claimed.resolve(await inbox.claim(transaction, id));
        await release.promise;
        if (fails) throw new Error('failed');
      })
      .catch(() => undefined);
    return { claimed: claimed.promise, finish: () => release.resolve(), done };
  };
  for (const fails of [true, false]) {
    const first = attempt(`event-${fails}`, fails);
    t.true(await first.claimed);
    t.false(await inbox.has(`event-${fails}`), 'not handled yet');
    const second = attempt(`event-${fails}`, false);
    first.finish();
    await first.done;
    t.is(await second.claimed, fails);
    second.finish();
    await second.done;
    t.true(await inbox.has(`event-${fails}`));
  }
  const other = createInbox(database, { consumer: 'other', keepHours: 1 });
  t.false(await other.has('event-true'), 'each consumer has its own');
});

test.serial(
  'poison never stops its partition: what is unreadable goes aside as it came, what fails is tried later',
  async (t) => {
    const { record, send, consume, effects, outcomes, apply, topic } = await start(t, 'poison');
    const good = (count: number) => send(record('good', count));
    await good(1);
    const garbage = randomBytes(200);
    await send({ topic, key: 'p', value: garbage });
    await send({ ...record('p', 1), value: null });
    await send({ ...record('p', 1), value: garbage });
    await send({ ...record('p', 1), value: '{"key":"p","count":"many"}' });
    await good(2);
    const unknown = record('p', 1);
    await send({ ...unknown, headers: { ...unknown.headers, ce_type: 'shop.test.unheard-of.v1' } });
    await send(record('never', 1));
    await send(record('later', 1));
    await good(3);
    const attempts: Record<string, number> = {};
    await consume(async (transaction, event) => {
      const { key } = event.data;
      attempts[key] = (attempts[key] ?? 0) + 1;
      await apply(transaction, event);
      if (key === 'never' || (key === 'later' && attempts[key] < 4)) throw new Error(`${key} fails`);
    });
    const dead = () => stores.readTopic(deadLetterTopic(topic));
    await waitFor('five are given up', async () => (await dead()).length === 5, patient);
    t.deepEqual(await effects(), ['good1', 'good2', 'good3', 'later1']);
    t.deepEqual(attempts, { good: 3, never: 6, later: 4 });
    const letters = await dead();
    const [raw, none, , wrong, never] = letters;
    t.deepEqual(raw?.value, garbage);
    t.is(none?.value, null);
    t.deepEqual(
      letters.map((letter) => headerOf(letter, 'x-attempts')),
      ['1', '1', '1', '1', '6'],
    );
    t.regex(headerOf(raw ?? t.fail(), 'x-error') ?? '', /not a CloudEvent/);
    t.regex(headerOf(wrong ?? t.fail(), 'x-error') ?? '', /no shop\.test\.counted\.v1: \/count/);
    t.is(headerOf(never ?? t.fail(), 'x-error'), 'never fails');
    t.is(headerOf(never ?? t.fail(), 'x-original-topic'), topic);
    t.is(headerOf(never ?? t.fail(), 'x-original-offset'), '7');
    t.is(headerOf(never ?? t.fail(), 'x-consumer-group'), `search.${topic}`);
    t.false(Number.isNaN(Date.parse(headerOf(never ?? t.fail(), 'x-first-failed-at') ?? '')));
    t.like(await outcomes(), {
      [`${topic} handled`]: 3,
      [`${topic} ignored`]: 1,
      [`${topic} dead`]: 4,
      [`${topic} retry`]: 2,
      [`${topic}.retry.short retry`]: 1,
      [`${topic}.retry.short handled`]: 1,
      [`${topic}.retry.long dead`]: 1,
    });
  },
);

test.serial(
  'nothing in a retry topic is handled before its time, and what is for another consumer never',
  async (t) => {
    const { record, send, consume, effects, apply, topic } = await start(t, 'waiting');
    const [short] = quickRetries(topic);
    const foreign = record('foreign', 1);
    await send({
      ...foreign,
      topic: short?.name ?? '',
      headers: { ...foreign.headers, 'x-consumer-group': 'cart.prices' },
    });
    await send(record('slow', 1));
    await send(record('quick', 1));
    let failedAt = 0;
    let againAt = 0;
    await consume(async (transaction, event) => {
      if (event.data.key === 'slow' && againAt === 0) {
        const isAgain = (await effects()).includes('quick1');
        if (!isAgain) {
          failedAt = Date.now();
          throw new Error('too early');
        }
        againAt = Date.now();
      }
      await apply(transaction, event);
    });
    await waitFor('the slow one is handled', async () => (await effects()).includes('slow1'), patient);
    t.deepEqual(await effects(), ['quick1', 'slow1']);
    t.true(againAt - failedAt >= (short?.delayMs ?? 0), `${againAt - failedAt} ms`);
  },
);

test.serial('an event that is too large for the dead-letter topic goes there without its value', async (t) => {
  const { send, record, consume, effects, topic } = await start(t, 'large', { 'max.message.bytes': '2000' });
  await send({ topic, key: 'p', value: randomBytes(3000) });
  await send(record('good', 1));
  await consume();
  await waitFor('the next one is handled', async () => (await effects()).includes('good1'), patient);
  const [letter] = await stores.readTopic(deadLetterTopic(topic));
  t.is(letter?.value, null);
  t.is(headerOf(letter ?? t.fail(), 'x-dropped-value-bytes'), '3000');
  t.is(headerOf(letter ?? t.fail(), 'x-original-offset'), '0');
});

test.serial('while others wait for a connection of the pool, events wait for them', async (t) => {
  const { record, send, consume, effects, settings, pauses } = await start(t, 'crowded');
  const small = openDatabase(
    { ...settings, poolMax: 1, poolMin: 0 },
    { service: 'test', logger: silentLogger, metrics: createMetrics('test', 'test') },
  );
  t.teardown(() => small.close());
  t.false(small.hasWaiters());
  const held = Promise.withResolvers<void>();
  const holding = small.transaction(() => held.promise);
  const waiting = small.ping();
  t.true(small.hasWaiters());
  await send(record('a', 1));
  await consume(undefined, {}, small);
  await waitFor('the consumer gives way', async () => (await pauses()) === 1, patient);
  t.deepEqual(await effects(), []);
  held.resolve();
  await Promise.all([holding, waiting]);
  await waitFor('it is handled', async () => (await effects()).includes('a1'), patient);
});

test.serial('a database that is away makes no dead letters: events wait where they are', async (t) => {
  const { record, send, consume, effects, outcomes, database, topic } = await start(t, 'outage');
  let refusals = 0;
  const refused = () => {
    refusals += 1;
    return new ProblemError('service-unavailable');
  };
  const primary: Connection = {
    rows: async (statement, values) => {
      if (refusals < 6) throw refused();
      return database.primary.rows(statement, values);
    },
  };
  await send(record('a', 1));
  await consume(undefined, {}, { ...database, primary });
  await waitFor('it is handled', async () => (await effects()).includes('a1'), patient);
  t.is(refusals, 6);
  t.deepEqual(await outcomes(), { [`${topic} handled`]: 1 });
});

test.serial(
  'the trace goes on over an event: what its handler logs and appends belongs to the same request',
  async (t) => {
    const { consume, type, topic, client, ...rig } = await start(t, 'traced');
    await stores.createTopics([{ topic: 'caused', partitions: 1 }]);
    const causedType = countedOn('caused');
    const [first, next] = [type, causedType].map(({ topic: name }) =>
      createOutbox({ service: 'product', topics: [name], notify: true }),
    );
    const lines: Record<string, unknown>[] = [];
    const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>); // one line is one object
    const logger = createLogger({ service: 'test', version: '1', level: 'info' }, { write });
    const request = new RequestContext('request-1', 'ab'.repeat(16), performance.now());
    await runInContext(request, () =>
      rig.database.transaction(async (transaction) =>
        first?.append(transaction, newEvent(type, { key: 'a', count: 1 })),
      ),
    );
    await consume(async (transaction, { data }) => {
      logger.info('handling');
      await next?.append(transaction, newEvent(causedType, { ...data, count: 2 }));
    });
    const relay = createRelay(
      {
        topics: [topic, 'caused'],
        pace: { batchMaxEvents: 20, pollMs: 100, retryDelayMs: 5, stopPatienceMs: 5000, takeOverMs: 100 },
      },
      {
        openSession: () => openSession(rig.settings, 'relay'),
        openProducer: () => openBatchProducer(stores.kafka, { sendTimeoutMs: 20_000 }, rig.metrics),
        metrics: createOutboxMetrics(rig.metrics, rig.database.primary),
        logger: silentLogger,
      },
    );
    t.teardown(() => relay.stop());
    await relay.start();
    const published = async () => {
      const { rows } = await client.query('select count(*)::int from outbox where published_at is not null');
      return rows[0].count === 2;
    };
    await waitFor('both are published', published, patient);
    const [[cause], [effect]] = await Promise.all([stores.readTopic(topic), stores.readTopic('caused')]);
    const header = (name: string) => headerOf(effect ?? t.fail(), name);
    t.is(header('ce_correlationid'), 'request-1');
    t.is(header('ce_causationid'), headerOf(cause ?? t.fail(), 'ce_id'));
    t.is(parseTraceId(header('ce_traceparent')), 'ab'.repeat(16));
    t.is(headerOf(cause ?? t.fail(), 'ce_causationid'), undefined);
    t.like(lines[0], { msg: 'handling', requestId: 'request-1', traceId: 'ab'.repeat(16) });
  },
);

test.serial('handled events are forgotten when they cannot come again', async (t) => {
  const { database, client } = await stores.createDatabase(t);
  const keepHours = inboxHours(['shop.product.v1', 'shop.cart.v1']);
  t.is(keepHours, (30 + 14 + 7) * 24);
  const inbox = createInbox(database, { consumer: 'test', keepHours });
  await client.query(
    `insert into inbox (consumer, event_id, handled_at)
     select consumer, age || ' ' || n, now() - make_interval(hours => age)
     from unnest(array['test', 'other']) as consumer, unnest(array[$1::int + 1, $1::int - 1]) as age, generate_series(1, 10) as n`,
    [keepHours],
  );
  t.deepEqual([await inbox.purge(7), await inbox.purge(7), await inbox.purge(7)], [7, 3, 0]);
  const { rows } = await client.query('select consumer, count(*)::int from inbox group by consumer order by consumer');
  t.deepEqual(rows, [
    { consumer: 'other', count: 20 },
    { consumer: 'test', count: 10 },
  ]);
});
