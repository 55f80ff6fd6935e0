import test from 'ava';
import { servicePorts } from './services.ts';
import {
  consumerGroup,
  deadLetterTopic,
  retryRetentionHours,
  retryTopics,
  shopTopics,
  topicsConsumedBy,
  topicsProducedBy,
} from './topics.ts';

test('every topic has a producer, names that Kafka takes, and no service consumes what it produces', (t) => {
  for (const { name, producers, consumers, partitions } of shopTopics) {
    t.regex(name, /^shop\.[a-z.]+\.v\d+$/);
    t.true(deadLetterTopic(name).length <= 249);
    t.true(producers.length > 0);
    t.true(partitions.Development <= partitions.Production);
    t.deepEqual(
      consumers.filter((service) => producers.includes(service)),
      [],
      name,
    );
  }
});

test('no two services may use the same consumer groups', (t) => {
  const names = Object.keys(servicePorts) as (keyof typeof servicePorts)[];
  for (const one of names) {
    for (const other of names.filter((name) => name !== one)) {
      t.false(consumerGroup(one, 'x').startsWith(consumerGroup(other, '')));
    }
  }
});

test('retry topics wait longer and longer, and keep events for longer than that', (t) => {
  const names = shopTopics.flatMap(({ name }) => [
    name,
    deadLetterTopic(name),
    ...retryTopics(name).map((one) => one.name),
  ]);
  t.is(new Set(names).size, names.length);
  const delays = retryTopics('shop.product.v1').map(({ delayMs }) => delayMs);
  t.deepEqual(
    delays,
    delays.toSorted((a, b) => a - b),
  );
  for (const delayMs of delays) t.true(delayMs * 10 < retryRetentionHours * 3_600_000);
});

test('a service sends to the topics that name it, and handles those that name it', (t) => {
  t.deepEqual(topicsProducedBy('product'), ['shop.product.v1']);
  t.deepEqual(topicsProducedBy('gateway'), []);
  t.deepEqual(topicsConsumedBy('product'), ['shop.inventory.v1']);
});
