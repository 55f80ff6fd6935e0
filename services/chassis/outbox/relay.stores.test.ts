import test, { type ExecutionContext } from 'ava';
import { waitFor } from '#lab/control-plane/wait.ts';
import { newEvent } from '../events/cloud-event.ts';
import { type BatchProducer, openBatchProducer } from '../kafka/producer.ts';
import { silentLogger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import type { Session } from '../postgres/session.ts';
import { openSession } from '../postgres/session.ts';
import {
  type counted,
  countedOn,
  countsByKey,
  firstOfEach,
  startEventStores,
  type TestDatabase,
} from '../testing/event-stores.ts';
import { createOutboxMetrics } from './metrics.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { createRelay, type RelayPace } from './relay.ts';
import { purgePublished } from './store.ts';

const stores = await startEventStores();
test.after.always(() => stores.close());

const quick: RelayPace = { batchMaxEvents: 20, pollMs: 100, retryDelayMs: 5, stopPatienceMs: 5000, takeOverMs: 100 };
const patient = { timeoutMs: 60_000 };

interface Rig extends TestDatabase {
  readonly topic: string;
  readonly type: typeof counted;
  readonly outbox: Outbox;
  /** Appends events of these counts, in one transaction. */
  append(key: string, ...counts: readonly number[]): Promise<void>;
  pending(): Promise<number>;
}

interface TopicOptions {
  readonly partitions?: number;
  readonly configs?: Readonly<Record<string, string>>;
  readonly notify?: boolean;
}

async function start(t: ExecutionContext, topic: string, options: TopicOptions = {}): Promise<Rig> {
  await stores.createTopics([{ topic, ...options }]);
  const base = await stores.createDatabase(t);
  const outbox = createOutbox({ service: 'product', topics: [topic], notify: options.notify ?? true });
  const type = countedOn(topic);
  return {
    ...base,
    topic,
    type,
    outbox,
    append: (key, ...counts) =>
      base.database.transaction((transaction) =>
        outbox.append(transaction, ...counts.map((count) => newEvent(type, { key, count }))),
      ),
    pending: async () => {
      const { rows } = await base.client.query('select count(*)::int from outbox where published_at is null');
      return rows[0].count;
    },
  };
}

interface RelayParts {
  readonly pace?: Partial<RelayPace>;
  readonly wrapSession?: (session: Session) => Session;
  readonly wrapProducer?: (producer: BatchProducer) => BatchProducer;
}

/** A relay in this process, with metrics of its own. */
function relayOf(rig: Rig, { pace = {}, wrapSession = (s) => s, wrapProducer = (p) => p }: RelayParts = {}) {
  const { registry, ...others } = createMetrics('test', 'test');
  const metrics = createOutboxMetrics({ registry, ...others }, rig.database.primary);
  const relay = createRelay(
    { topics: [rig.topic], pace: { ...quick, ...pace } },
    {
      openSession: async () => wrapSession(await openSession(rig.settings, 'relay')),
      openProducer: () => wrapProducer(openBatchProducer(stores.kafka, { sendTimeoutMs: 20_000 }, rig.metrics)),
      metrics,
      logger: silentLogger,
    },
  );
  const isLeader = async () => (await metrics.isLeader.get()).values[0]?.value === 1;
  return { relay, metrics, registry, isLeader };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const nothingPending = (rig: Rig) =>
  waitFor('every event is published', async () => (await rig.pending()) === 0, patient);

test.serial(
  'events are published as CloudEvents, in order, soon after the commit and not after a rollback',
  async (t) => {
    const rig = await start(t, 'plain');
    const { relay } = relayOf(rig, { pace: { pollMs: 60_000 } });
    await relay.start();
    t.teardown(() => relay.stop());
    await rig.append('a', 1);
    await nothingPending(rig);
    // Idle now, and its next look is a minute away: the notification wakes it.
    await rig.append('a', 2, 3);
    await rig.append('b', 1);
    const rollback = rig.database.transaction(async (transaction) => {
      await rig.outbox.append(transaction, newEvent(rig.type, { key: 'a', count: 99 }));
      throw new Error('rolled back');
    });
    await t.throwsAsync(rollback, { message: 'rolled back' });
    await nothingPending(rig);
    const messages = await stores.readTopic('plain');
    t.deepEqual(countsByKey(messages), { a: [1, 2, 3], b: [1] });
    const [first] = messages.filter(({ key }) => key?.toString() === 'b');
    t.truthy(first);
    const headers = Object.fromEntries(
      Object.entries(first?.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    t.like(headers, {
      ce_specversion: '1.0',
      ce_source: '/shop/product',
      ce_type: 'shop.test.counted.v1',
      ce_subject: 'counter/b',
      ce_partitionkey: 'b',
      ce_aggregateversion: '1',
      'content-type': 'application/json',
    });
    t.regex(headers['ce_id'] ?? '', /^[0-9a-f-]{36}$/);
    t.false(Number.isNaN(Date.parse(headers['ce_time'] ?? '')));
  },
);

test.serial('without notifications the next look finds the events', async (t) => {
  const rig = await start(t, 'silent', { notify: false });
  const { relay } = relayOf(rig);
  await relay.start();
  t.teardown(() => relay.stop());
  await rig.append('a', 1);
  await nothingPending(rig);
  await rig.append('a', 2);
  await nothingPending(rig);
  t.deepEqual(countsByKey(await stores.readTopic('silent')), { a: [1, 2] });
});

test.serial('a transaction that commits late is published, and holds up its own key alone', async (t) => {
  const rig = await start(t, 'late');
  const { relay } = relayOf(rig);
  await relay.start();
  t.teardown(() => relay.stop());
  const written = Promise.withResolvers<void>();
  const commit = Promise.withResolvers<void>();
  const late = rig.database.transaction(async (transaction) => {
    await rig.outbox.append(transaction, newEvent(rig.type, { key: 'a', count: 1 }));
    written.resolve();
    await commit.promise;
  });
  await written.promise;
  // Greater ids, published before the smaller one is visible.
  await rig.append('b', 1, 2);
  const second = rig.append('a', 2);
  await waitFor(
    'the second writer of the key waits for the first',
    async () => {
      const { rows } = await rig.client.query(
        `select count(*)::int from pg_locks where locktype = 'advisory' and not granted`,
      );
      return rows[0].count === 1;
    },
    patient,
  );
  await nothingPending(rig);
  t.deepEqual(countsByKey(await stores.readTopic('late')), { b: [1, 2] });
  commit.resolve();
  await late;
  await second;
  await nothingPending(rig);
  t.deepEqual(countsByKey(await stores.readTopic('late')), { a: [1, 2], b: [1, 2] });
});

test.serial(
  'of two relays one publishes; stopped in the middle it hands over, and nothing is sent twice',
  async (t) => {
    const rig = await start(t, 'two');
    const relays = [relayOf(rig), relayOf(rig)];
    t.teardown(() => Promise.all(relays.map(({ relay }) => relay.stop())));
    for (const { relay } of relays) await relay.start();
    const leaders = async () => (await Promise.all(relays.map(({ isLeader }) => isLeader()))).map(Number);
    await waitFor('one leads', async () => (await leaders()).includes(1), patient);
    t.is(
      (await leaders()).reduce((sum, one) => sum + one, 0),
      1,
    );
    const leader = (await leaders()).indexOf(1);
    const writers = Promise.all(
      upTo(20).map(async (key) => {
        for (const count of upTo(50)) await rig.append(`k${key}`, count);
      }),
    );
    await waitFor(
      'a part is published',
      async () => {
        const { rows } = await rig.client.query('select count(*)::int from outbox where published_at is not null');
        return rows[0].count >= 200;
      },
      { ...patient, intervalMs: 5 },
    );
    await relays[leader]?.relay.stop();
    t.log(`pending at the hand-over: ${await rig.pending()}`);
    await waitFor('the other one leads', async () => (await leaders())[1 - leader] === 1, patient);
    await writers;
    await nothingPending(rig);
    const messages = await stores.readTopic('two');
    t.is(messages.length, 1000);
    t.deepEqual(countsByKey(messages), Object.fromEntries(upTo(20).map((key) => [`k${key}`, upTo(50)])));
  },
);

/** Fails every so many calls: before the call, or after it, when its effect is there and nobody knows. */
function faults() {
  let calls = 0;
  let injected = 0;
  return {
    injected: () => injected,
    around: async <T>(work: () => Promise<T>): Promise<T> => {
      calls += 1;
      const step = calls;
      if (step % 7 === 3) {
        injected += 1;
        throw new Error('failed before');
      }
      const result = await work();
      if (step % 5 === 2) {
        injected += 1;
        throw new Error('failed after');
      }
      return result;
    },
  };
}

test.serial('a relay that fails between any two steps loses nothing and keeps the order', async (t) => {
  const rig = await start(t, 'faults');
  for (const key of upTo(10)) await rig.append(`k${key}`, ...upTo(60));
  const fault = faults();
  const { relay } = relayOf(rig, {
    pace: { batchMaxEvents: 15 },
    wrapSession: (session) => ({
      ...session,
      rows: (statement, values) => fault.around(() => session.rows(statement, values)),
    }),
    wrapProducer: (producer) => ({ ...producer, send: (events) => fault.around(() => producer.send(events)) }),
  });
  await relay.start();
  t.teardown(() => relay.stop());
  await nothingPending(rig);
  t.true(fault.injected() >= 20, `${fault.injected()} faults`);
  const messages = await stores.readTopic('faults');
  t.log(`${fault.injected()} faults, ${messages.length - 600} repetitions`);
  t.true(messages.length > 600);
  t.deepEqual(countsByKey(firstOfEach(messages)), Object.fromEntries(upTo(10).map((key) => [`k${key}`, upTo(60)])));
});

test.serial('an event that Kafka refuses holds up its own key alone, until it is taken', async (t) => {
  const rig = await start(t, 'refused', { partitions: 1, configs: { 'max.message.bytes': '3000' } });
  // Does not become small by compression.
  const text = Array.from({ length: 400 }, (_, index) => Math.sin(index).toString(36).slice(2)).join('');
  await rig.append('good', 1);
  await rig.append('bad', 1);
  await rig.database.transaction((transaction) =>
    rig.outbox.append(transaction, newEvent(rig.type, { key: 'bad', count: 2, text })),
  );
  await rig.append('bad', 3);
  await rig.append('good', 2);
  const { relay, metrics } = relayOf(rig);
  await relay.start();
  t.teardown(() => relay.stop());
  await waitFor('all others are published', async () => (await rig.pending()) === 2, patient);
  await rig.append('good', 3);
  await waitFor('it does not hold up what comes later', async () => (await rig.pending()) === 2, patient);
  t.deepEqual(countsByKey(await stores.readTopic('refused')), { good: [1, 2, 3], bad: [1] });
  t.is((await metrics.blockedKeys.get()).values[0]?.value, 1);
  t.true(((await metrics.failures.get()).values[0]?.value ?? 0) > 0);

  const admin = stores.kafka.kafka.admin();
  await admin.connect();
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: 2, name: 'refused', configEntries: [{ name: 'max.message.bytes', value: '100000' }] }],
  });
  await admin.disconnect();
  await nothingPending(rig);
  t.deepEqual(countsByKey(firstOfEach(await stores.readTopic('refused'))), { good: [1, 2, 3], bad: [1, 2, 3] });
  await waitFor('no key is blocked', async () => (await metrics.blockedKeys.get()).values[0]?.value === 0, patient);
});

test.serial('published events go after their time, in batches, and what waits never goes', async (t) => {
  const rig = await start(t, 'purged');
  await rig.append('a', ...upTo(30));
  await rig.client.query(`update outbox set published_at = now() - interval '25 hours' where id <= 20`);
  await rig.client.query(`update outbox set published_at = now() where id between 21 and 25`);
  await rig.client.query(`update outbox set created_at = now() - interval '1 year'`);
  t.is(await purgePublished(rig.database.primary, 24, 15), 15);
  t.is(await purgePublished(rig.database.primary, 24, 15), 5);
  t.is(await purgePublished(rig.database.primary, 24, 15), 0);
  const { rows } = await rig.client.query('select count(*)::int, count(published_at)::int as published from outbox');
  t.deepEqual(rows, [{ count: 10, published: 5 }]);
});

test.serial('Kafka may be away: events wait, the backlog is told, and all are published when it is back', async (t) => {
  const rig = await start(t, 'outage');
  const { relay, registry } = relayOf(rig);
  await rig.append('a', 1);
  await relay.start();
  t.teardown(() => relay.stop());
  await nothingPending(rig);
  await stores.cluster.nodes[0]?.stop('kill');
  for (const count of [2, 3, 4]) await rig.append('a', count);
  const backlog = async () => {
    const text = await registry.metrics();
    const read = (name: string) => Number(new RegExp(`^${name}\\{[^}]*\\} (.+)$`, 'm').exec(text)?.[1]);
    return { pending: read('outbox_pending_events'), oldest: read('outbox_oldest_seconds') };
  };
  await waitFor('the backlog is told', async () => (await backlog()).pending === 3, patient);
  t.true((await backlog()).oldest > 0);
  await stores.cluster.nodes[0]?.start();
  await nothingPending(rig);
  t.deepEqual(countsByKey(firstOfEach(await stores.readTopic('outage'))), { a: [1, 2, 3, 4] });
  await waitFor('no backlog is told', async () => (await backlog()).oldest === 0, patient);
});

test.serial('a relay outlives its database', async (t) => {
  const rig = await start(t, 'sessions');
  const { relay, isLeader } = relayOf(rig);
  await relay.start();
  t.teardown(() => relay.stop());
  await waitFor('it leads', isLeader, patient);
  const { rowCount } = await rig.client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'relay' and datname = current_database()`,
  );
  t.is(rowCount, 1);
  await rig.append('a', 1);
  await nothingPending(rig);
});
