import test from 'ava';
import { z } from 'zod';
import { shopTopics } from '../topics.ts';
import { eventCatalog } from './catalog.ts';

test('every event has a name of its own on a topic of the shop', (t) => {
  t.is(new Set(eventCatalog.map(({ type }) => type)).size, eventCatalog.length);
  for (const { type, topic } of eventCatalog) {
    t.regex(type, /^shop\.[a-z]+\.[a-z-]+\.v\d+$/);
    t.true(
      shopTopics.some(({ name }) => name === topic),
      topic,
    );
  }
});

test('schemas are open: a consumer of this release takes events of the next one', (t) => {
  const closed = (schema: unknown, path: string): string[] => {
    if (typeof schema !== 'object' || schema === null) return [];
    const own = 'additionalProperties' in schema && schema.additionalProperties === false ? [path] : [];
    return [...own, ...Object.entries(schema).flatMap(([name, inner]) => closed(inner, `${path}/${name}`))];
  };
  for (const { type, schema } of eventCatalog) t.deepEqual(closed(z.toJSONSchema(schema), type), []);
});
