import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { deadLetterTopic, type RetryTopic, retryTopics } from '#contracts/topics.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { optionalKafkaSettings } from '../config/base.ts';
import { newEvent, toRecord } from '../events/cloud-event.ts';
import { createEventConsumer, onEvent } from '../inbox/event-consumer.ts';
import { type OutgoingEvent, openProducer } from '../kafka/producer.ts';
import { createMetrics } from '../metrics.ts';
import { sql } from '../postgres/statement.ts';
import { runService } from '../run-service.ts';
import { countedOn, headerOf, startEventStores } from '../testing/event-stores.ts';
import { sampleService } from '../testing/sample-service.ts';
import { type ReplayTools, replayDeadLetters } from './replay.ts';

const stores = await startEventStores();
test.after.always(() => stores.close());

const settings = { ...sampleService().settings, kafka: optionalKafkaSettings };
const patient = { timeoutMs: 60_000 };
const retriesOf = (topic: string): readonly RetryTopic[] => [{ name: `${topic}.retry.short`, delayMs: 200 }];
const addEffect = sql('test_effect', 'insert into effects (purpose, key) values ($1, $2)');

/** A topic with two groups: `sick` cannot handle anything until it is healed, `healthy` can. */
async function start(t: ExecutionContext, topic: string) {
  const names = [topic, `${topic}.retry.short`, deadLetterTopic(topic)];
  await stores.createTopics(names.map((name) => ({ topic: name, partitions: 1 })));
  const { database, client } = await stores.createDatabase(t);
  await client.query('create table effects (position bigint generated always as identity, purpose text, key text)');
  const metrics = createMetrics('test', 'test');
  const producer = openProducer(stores.kafka, { batchMaxEvents: 100, sendTimeoutMs: 20_000 }, metrics);
  t.teardown(() => producer.close());
  const type = countedOn(topic);
  const health = { isHealed: false };
  for (const purpose of ['sick', 'healthy']) {
    const handler = onEvent(type, async (transaction, { data: { key } }) => {
      if (purpose === 'sick' && !health.isHealed) throw new Error('a defect');
      await transaction.rows(addEffect, [purpose, key]);
    });
    const workers = createEventConsumer(
      { service: 'search', purpose: `${topic}.${purpose}`, handlers: [handler], retriesOf },
      database,
      { client: stores.kafka, producer, settings: { maxAttempts: 1, retryDelayMs: 5 }, metrics },
    );
    t.teardown(() => Promise.all(workers.map((worker) => worker.stop())));
    for (const worker of workers) await worker.start();
  }
  const lines: string[] = [];
  const tools: ReplayTools = {
    service: 'search',
    client: stores.kafka,
    producer,
    tell: (line) => lines.push(line),
    retriesOf,
  };
  const count = async (name: string) => (await stores.readTopic(name)).length;
  const send = async (key: string): Promise<string> => {
    const id = randomUUID();
    const origin = { id, source: '/shop/test', time: new Date(), context: undefined };
    const { headers, payload } = toRecord(newEvent(type, { key, count: 1 }), origin);
    await producer.send({ topic, key, value: payload, headers });
    return id;
  };
  return {
    topic,
    health,
    producer,
    lines,
    send,
    replay: (events: readonly string[] | 'all', isDryRun = false, producer: ReplayTools['producer'] = tools.producer) =>
      replayDeadLetters(
        { topic, events: events === 'all' ? 'all' : new Set(events), isDryRun },
        { ...tools, producer },
      ),
    letters: () => count(deadLetterTopic(topic)),
    retried: () => stores.readTopic(`${topic}.retry.short`),
    effects: async () => {
      const { rows } = await client.query('select purpose, key from effects order by purpose, key');
      return rows.map(({ purpose, key }) => `${purpose} ${key}`);
    },
  };
}

test.serial(
  'dead letters have their effect once the defect is gone; other groups and a second replay notice nothing',
  async (t) => {
    const rig = await start(t, 'healed');
    const ids = [await rig.send('a'), await rig.send('b')];
    await waitFor('both are given up', async () => (await rig.letters()) === 2, patient);
    t.deepEqual(await rig.replay('all', true), { replayed: 2, refused: 0, missing: [] });
    t.is((await rig.retried()).length, 2, 'a dry run sends nothing');
    t.is(rig.lines.at(-1), '2 replayed, 0 left, 0 not found (dry run)');

    rig.health.isHealed = true;
    t.deepEqual(await rig.replay('all'), { replayed: 2, refused: 0, missing: [] });
    const complete = ['healthy a', 'healthy b', 'sick a', 'sick b'];
    await waitFor('they are handled', async () => (await rig.effects()).length === 4, patient);
    t.deepEqual(await rig.effects(), complete);
    const [, , again] = await rig.retried();
    t.is(headerOf(again ?? t.fail(), 'ce_id'), ids[0]);
    t.is(headerOf(again ?? t.fail(), 'x-attempts'), undefined);
    t.false(Number.isNaN(Date.parse(headerOf(again ?? t.fail(), 'x-replayed-at') ?? '')));
    t.deepEqual(rig.lines.slice(-2), [
      `replayed ${ids[1]} to search.healed.sick by healed.retry.short`,
      '2 replayed, 0 left, 0 not found',
    ]);

    t.deepEqual(await rig.replay('all'), { replayed: 0, refused: 0, missing: [] }, 'they were already');
    t.deepEqual(await rig.replay([ids[0] ?? '']), { replayed: 1, refused: 0, missing: [] }, 'asked for by name');
    await rig.send('c');
    await waitFor('the last one is handled', async () => (await rig.effects()).includes('sick c'), patient);
    t.deepEqual(await rig.effects(), ['healthy a', 'healthy b', 'healthy c', 'sick a', 'sick b', 'sick c']);
    t.is(await rig.letters(), 2);
  },
);

test.serial(
  'a choice takes what was asked for and names what is not there; what fails again is a new letter',
  async (t) => {
    const rig = await start(t, 'chosen');
    const [first, second] = [await rig.send('a'), await rig.send('b')];
    await waitFor('both are given up', async () => (await rig.letters()) === 2, patient);
    t.deepEqual(await rig.replay([second, 'unheard-of']), { replayed: 1, refused: 0, missing: ['unheard-of'] });
    t.true(rig.lines.includes('not found unheard-of'));
    await waitFor('it is given up again', async () => (await rig.letters()) === 3, patient);
    const keys = (await stores.readTopic(deadLetterTopic(rig.topic))).map((letter) => [
      headerOf(letter, 'ce_id'),
      headerOf(letter, 'x-attempts'),
      headerOf(letter, 'x-replayed-at') !== undefined,
    ]);
    t.deepEqual(keys, [
      [first, '2', false],
      [second, '2', false],
      [second, '1', true],
    ]);
  },
);

test.serial('of two replays at once one says that the other is running, and nothing is left out', async (t) => {
  const rig = await start(t, 'contended');
  for (const key of ['a', 'b', 'c']) await rig.send(key);
  await waitFor('all are given up', async () => (await rig.letters()) === 3, patient);
  rig.health.isHealed = true;
  const entered = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const slow = async (event: OutgoingEvent) => {
    entered.resolve();
    await gate.promise;
    await rig.producer.send(event);
  };
  const first = rig.replay('all', false, { send: slow }).catch((error: unknown) => error);
  await entered.promise;
  const second = rig.replay('all').catch((error: unknown) => error);
  await delay(3000);
  gate.resolve();
  const failed = (await Promise.all([first, second])).filter((outcome) => outcome instanceof Error);
  t.true(failed.length > 0);
  for (const { message } of failed) t.regex(message, /being read by another replay/);
  await rig.replay('all');
  await waitFor('all are handled', async () => (await rig.effects()).length === 6, patient);
});

test.serial('the command of a service reads its environment, and plays back what its groups gave up', async (t) => {
  const topic = 'shop.inventory.v1';
  const [retry] = retryTopics(topic);
  const names = [deadLetterTopic(topic), retry?.name ?? t.fail()];
  await stores.createTopics(names.map((name) => ({ topic: name, partitions: 1 })));
  const producer = openProducer(
    stores.kafka,
    { batchMaxEvents: 1, sendTimeoutMs: 20_000 },
    createMetrics('test', 'test'),
  );
  t.teardown(() => producer.close());
  for (const group of ['product.availability', 'search.stock'])
    await producer.send({
      topic: deadLetterTopic(topic),
      key: 'sku',
      value: '{}',
      headers: { ce_id: group, 'x-consumer-group': group, 'x-error': 'broken' },
    });
  const output: string[] = [];
  const host = {
    argv: ['node', 'main.ts', 'replay-dead-letters', `--topic=${topic}`, '--all'],
    env: { APP_KAFKA_BOOTSTRAP_SERVERS: stores.kafkaSettings.bootstrapServers.join(','), APP_LOG_LEVEL: 'silent' },
    stdout: { write: (text: string) => output.push(text) },
    stderr: { write: (text: string) => output.push(text) },
    on: () => undefined,
    exit: () => undefined,
  };
  await runService({ ...sampleService(), name: 'product', settings }, host);
  t.deepEqual(output, [
    `replayed product.availability to product.availability by ${retry?.name}\n`,
    '1 replayed, 0 left, 0 not found\n',
  ]);
  const sent = await stores.readTopic(retry?.name ?? '');
  t.deepEqual(
    sent.map((letter) => [headerOf(letter, 'x-consumer-group'), headerOf(letter, 'x-error')]),
    [['product.availability', undefined]],
  );
});
