import test from 'ava';
import { openKafka } from '#chassis/kafka/client.ts';
import { silentLogger } from '#chassis/logger.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { topics } from '#contracts/topics.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { startKafka } from '#lab/stores/kafka.ts';
import { anEmail, as, expect, goodPassword, signIn, startUser, tokenOf } from './testing/user-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

test.serial('the events of a person reach Kafka in their order, under one key, with what a mail needs', async (t) => {
  const cluster = await startKafka();
  t.teardown(() => cluster.close());
  const [bootstrapServers, timeouts] = [cluster.bootstrapServers, { connectTimeoutMs: 1000, requestTimeoutMs: 5000 }];
  const { kafka } = openKafka({ bootstrapServers, tls: false, ...timeouts }, { service: 'test', logger: silentLogger });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: topics.user.name, numPartitions: 3 }], waitForLeaders: true });
  await admin.disconnect();

  const service = await startUser(t, databases, { APP_KAFKA_BOOTSTRAP_SERVERS: bootstrapServers.join(',') });
  const post = (path: string, body: unknown) => service.call('POST', `/api/v1${path}`, { body });
  const email = anEmail();
  await post('/users', { email, password: goodPassword, givenName: 'Ada', locale: 'de-AT' });
  const token = tokenOf(service, 'user.verification-requested');
  expect(await post('/auth/verify-email', { token }), 204);
  const [{ id }] = await service.query('select id from users');
  const person = { id, email, password: goodPassword };
  await service.call('PATCH', '/api/v1/me', as(person, { body: { locale: 'en' }, headers: { 'if-match': '*' } }));
  const first = await signIn(service, person);
  await post('/auth/refresh', { refreshToken: first.refreshToken });
  await post('/auth/refresh', { refreshToken: first.refreshToken });

  const messages: { type: string | undefined; subject: string | undefined; key: string; data: unknown }[] = [];
  const consumer = kafka.consumer({ groupId: 'test' });
  await consumer.connect();
  await consumer.subscribe({ topics: [topics.user.name], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message: { key, value, headers } }) =>
      void messages.push({
        type: headers?.['ce_type']?.toString(),
        subject: headers?.['ce_subject']?.toString(),
        key: String(key),
        data: JSON.parse(String(value)),
      }),
  });
  t.teardown(() => consumer.disconnect());
  await waitFor('four events', async () => messages.length >= 4, { timeoutMs: 60_000 });
  const recipient = { email, givenName: 'Ada', locale: 'de-AT' };
  t.deepEqual(
    messages.map(({ type }) => type),
    ['verification-requested', 'registered', 'updated', 'session-compromised'].map((what) => `shop.user.${what}.v1`),
  );
  for (const { key, subject } of messages) t.deepEqual([key, subject], [id, `user/${id}`]);
  t.like(messages[0]?.data, { userId: id, recipient, token });
  t.deepEqual(messages[1]?.data, { userId: id, recipient, version: 1 });
  t.deepEqual(messages[2]?.data, { userId: id, recipient: { ...recipient, locale: 'en' }, version: 2 });
  const text = JSON.stringify(messages);
  for (const secret of [goodPassword, 'argon2', first.refreshToken, first.accessToken]) t.false(text.includes(secret));
});
