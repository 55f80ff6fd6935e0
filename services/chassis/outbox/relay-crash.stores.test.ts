import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { FatalWaitError, waitFor } from '#lab/control-plane/wait.ts';
import { newEvent } from '../events/cloud-event.ts';
import { openBatchProducer } from '../kafka/producer.ts';
import { silentLogger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import { openSession } from '../postgres/session.ts';
import { countedOn, countsByKey, firstOfEach, startEventStores } from '../testing/event-stores.ts';
import type { RelayProcessOptions } from '../testing/relay-process.ts';
import { createOutboxMetrics } from './metrics.ts';
import { createOutbox } from './outbox.ts';
import { createRelay, type RelayPace } from './relay.ts';

const stores = await startEventStores();
test.after.always(() => stores.close());

const pace: RelayPace = { batchMaxEvents: 50, pollMs: 200, retryDelayMs: 50, stopPatienceMs: 5000, takeOverMs: 200 };
const relayProcess = new URL('../testing/relay-process.ts', import.meta.url);
const keys = 100;
const eventsPerKey = 100;
const relayCount = 3;
const patient = { timeoutMs: 100_000, intervalMs: 10 };

test.serial('10,000 events over 100 keys, and whichever relay publishes is killed again and again', async (t) => {
  t.timeout(240_000);
  const topic = 'killed';
  await stores.createTopics([{ topic, partitions: 6 }]);
  const { client, database, settings } = await stores.createDatabase(t);
  const outbox = createOutbox({ service: 'product', topics: [topic], notify: true });
  const type = countedOn(topic);

  const relays = new Map<string, ChildProcess>();
  let started = 0;
  const startRelay = () => {
    started += 1;
    const name = `relay-${started}`;
    const options: RelayProcessOptions = {
      name,
      postgres: settings,
      kafka: stores.kafkaSettings,
      topics: [topic],
      pace,
    };
    const child = spawn(process.execPath, [relayProcess.pathname, JSON.stringify(options)], {
      // It ends with this process: its input does.
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    relays.set(name, child);
  };
  const kill = async (name: string) => {
    const child = relays.get(name);
    relays.delete(name);
    if (child === undefined || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  t.teardown(() => Promise.all([...relays.keys()].map(kill)));
  while (relays.size < relayCount) startRelay();

  /** One after the other within a key, as changes of one aggregate are; every tenth is rolled back first. */
  const write = async (key: string) => {
    const change = (counts: readonly number[], isKept: boolean) =>
      database.transaction(async (transaction) => {
        await outbox.append(transaction, ...counts.map((count) => newEvent(type, { key, count })));
        if (!isKept) throw new Error('rolled back');
      });
    for (let count = 1; count <= eventsPerKey; count += 2) {
      if (count % 10 === 1) await t.throwsAsync(change([-count], false), { message: 'rolled back' });
      await change([count, count + 1], true);
    }
  };
  const allKeys = Array.from({ length: keys }, (_, index) => `key-${index}`);
  const left = [...allKeys];
  /** Fewer than the pool has connections: none waits for one until its time is over. */
  const writers = Array.from({ length: 10 }, async () => {
    for (let key = left.pop(); key !== undefined; key = left.pop()) await write(key);
  });
  let writingFailed: unknown;
  const writing = Promise.all(writers).catch((error: unknown) => {
    writingFailed = error;
  });

  const countPublished = async () => {
    const { rows } = await client.query('select count(*)::int from outbox where published_at is not null');
    return rows[0].count as number; // counted as int
  };
  const findLeader = async () => {
    const { rows } = await client.query(
      `select application_name as name from pg_locks join pg_stat_activity using (pid)
       where locktype = 'advisory' and granted and application_name like 'relay-%'`,
    );
    return rows[0]?.name as string | undefined; // the only column
  };
  let kills = 0;
  for (let published = 0; published < keys * eventsPerKey; ) {
    const enough = Math.min(published + 700, keys * eventsPerKey);
    const isFurther = async () => {
      if (writingFailed !== undefined) throw new FatalWaitError('a writer failed', { cause: writingFailed });
      return (await countPublished()) >= enough;
    };
    await waitFor('more is published', isFurther, patient);
    const leader = await findLeader();
    if (leader !== undefined) {
      await kill(leader);
      kills += 1;
      startRelay();
    }
    published = await countPublished();
  }
  await writing;
  await waitFor('all is published', async () => (await countPublished()) === keys * eventsPerKey, patient);

  const messages = await stores.readTopic(topic);
  t.log(`${kills} relays killed, ${messages.length - keys * eventsPerKey} repetitions`);
  t.true(kills >= 5, `${kills} kills`);
  const expected = Array.from({ length: eventsPerKey }, (_, index) => index + 1);
  t.deepEqual(countsByKey(firstOfEach(messages)), Object.fromEntries(allKeys.map((key) => [key, expected])));
});

test.serial('the relay beside a producer that has nothing else to do', async (t) => {
  t.timeout(240_000);
  const count = 20_000;
  await stores.createTopics([{ topic: 'raw' }, { topic: 'relayed' }]);
  const { client, database, settings, metrics } = await stores.createDatabase(t);
  const outbox = createOutbox({ service: 'product', topics: ['relayed'], notify: true });
  const type = countedOn('relayed');
  const text = 'x'.repeat(500);
  for (let first = 0; first < count; first += 500) {
    const events = Array.from({ length: 500 }, (_, index) =>
      newEvent(type, { key: `k${index % 100}`, count: first + index, text }),
    );
    await database.transaction((transaction) => outbox.append(transaction, ...events));
  }
  const { rows } = await client.query('select key, headers, payload from outbox order by id');
  const producer = openBatchProducer(stores.kafka, { sendTimeoutMs: 20_000 }, metrics);
  await producer.send([{ topic: 'raw', key: 'warm', value: 'up' }]);
  const rawBegun = performance.now();
  for (let first = 0; first < count; first += 500) {
    const batch = rows.slice(first, first + 500);
    await producer.send(batch.map(({ key, headers, payload }) => ({ topic: 'raw', key, headers, value: payload })));
  }
  const rawMs = performance.now() - rawBegun;
  await producer.close();

  const relay = createRelay(
    { topics: ['relayed'], pace: { ...pace, batchMaxEvents: 500 } },
    {
      openSession: () => openSession(settings, 'relay'),
      openProducer: () => openBatchProducer(stores.kafka, { sendTimeoutMs: 20_000 }, metrics),
      metrics: createOutboxMetrics(createMetrics('test', 'test'), database.primary),
      logger: silentLogger,
    },
  );
  t.teardown(() => relay.stop());
  const begun = performance.now();
  await relay.start();
  const isDone = async () => {
    const answer = await client.query('select from outbox where published_at is null limit 1');
    return answer.rowCount === 0;
  };
  await waitFor('all is published', isDone, patient);
  const relayMs = performance.now() - begun;
  const rate = (ms: number) => Math.round(count / (ms / 1000));
  t.log(`relay ${rate(relayMs)} events/s, producer alone ${rate(rawMs)} events/s`);
  t.is((await stores.readTopic('relayed')).length, count);
});
