import test from 'ava';
import { eventCatalog } from '../../services/contracts/events/catalog.ts';
import { describeEvents } from './asyncapi.ts';

function collectRefs(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = '$ref' in value && typeof value.$ref === 'string' ? [value.$ref] : [];
  return [...own, ...Object.values(value).flatMap(collectRefs)];
}

function resolve(document: unknown, ref: string): unknown {
  return ref
    .slice('#/'.length)
    .split('/')
    .reduce((value, name) => (value as Record<string, unknown> | undefined)?.[name], document);
}

test('every reference in the description of the events leads somewhere', (t) => {
  const document = describeEvents();
  const refs = collectRefs(document);
  t.true(refs.length > eventCatalog.length);
  for (const ref of refs) t.truthy(resolve(document, ref), ref);
});

test('every type of event is a message of its topic', (t) => {
  const { channels, components } = describeEvents() as {
    channels: Record<string, { messages: Record<string, { $ref: string }> }>;
    components: { messages: Record<string, { name: string }> };
  };
  const named = Object.entries(channels).flatMap(([topic, { messages }]) =>
    Object.keys(messages).map((name) => `${topic} ${components.messages[name]?.name}`),
  );
  t.deepEqual(named.toSorted(), eventCatalog.map(({ topic, type }) => `${topic} ${type}`).toSorted());
});
