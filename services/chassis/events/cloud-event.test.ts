import test from 'ava';
import { z } from 'zod';
import { eventType } from '#contracts/events/event-type.ts';
import { currentContext, RequestContext, runInContext } from '../context.ts';
import { EventContext } from '../kafka/event-context.ts';
import { toIncomingEvent } from '../kafka/incoming-event.ts';
import { type EventRecord, InvalidEventError, newEvent, readCloudEvent, toRecord, typeOf } from './cloud-event.ts';

const renamed = eventType({
  type: 'shop.test.renamed.v1',
  topic: 'shop.test.v1',
  aggregate: 'thing',
  summary: 'For tests.',
  schema: z.looseObject({ id: z.string(), name: z.string().max(5), version: z.int() }),
  key: ({ id }) => id,
  version: ({ version }) => version,
});

const time = new Date('2026-01-02T03:04:05.678Z');
const origin = { id: '0192', source: '/shop/test', time, context: undefined };
const data = { id: 'a', name: 'Mug', version: 3 };

function arrived({ topic, key, headers, payload }: EventRecord, changes: Readonly<Record<string, string>> = {}) {
  const all = Object.entries({ ...headers, ...changes }).map(([name, value]) => [name, Buffer.from(value)]);
  return toIncomingEvent(topic, 0, {
    key: Buffer.from(key),
    value: Buffer.from(payload),
    headers: Object.fromEntries(all),
    timestamp: '1767323045000',
    attributes: 0,
    offset: '7',
  });
}

test('an event is written in binary mode and read again', (t) => {
  const record = toRecord(newEvent(renamed, data), origin);
  t.deepEqual(record, {
    id: '0192',
    topic: 'shop.test.v1',
    key: 'a',
    type: 'shop.test.renamed.v1',
    payload: '{"id":"a","name":"Mug","version":3}',
    headers: {
      ce_specversion: '1.0',
      ce_id: '0192',
      ce_source: '/shop/test',
      ce_type: 'shop.test.renamed.v1',
      ce_subject: 'thing/a',
      ce_time: '2026-01-02T03:04:05.678Z',
      ce_partitionkey: 'a',
      ce_aggregateversion: '3',
      'content-type': 'application/json',
    },
  });
  const event = arrived(record);
  t.is(typeOf(event), 'shop.test.renamed.v1');
  t.deepEqual(readCloudEvent(renamed, event), {
    id: '0192',
    source: '/shop/test',
    type: 'shop.test.renamed.v1',
    subject: 'thing/a',
    time,
    correlationId: undefined,
    causationId: undefined,
    traceparent: undefined,
    data,
  });
});

test('the request that an event happens in is told', (t) => {
  const context = new RequestContext('request-1', 'ab'.repeat(16), 0);
  const { headers } = runInContext(context, () =>
    toRecord(newEvent(renamed, data), { ...origin, context: currentContext() }),
  );
  t.is(headers['ce_correlationid'], 'request-1');
  t.regex(headers['ce_traceparent'] ?? '', /^00-(ab){16}-[0-9a-f]{16}-01$/);
});

test('an event that happens while another is handled tells which, and goes on with its request and trace', (t) => {
  const context = new RequestContext('request-1', 'ab'.repeat(16), 0);
  const first = arrived(toRecord(newEvent(renamed, data), { ...origin, context }));
  const second = toRecord(newEvent(renamed, data), { ...origin, id: '0193', context: new EventContext(first) });
  t.like(second.headers, { ce_id: '0193', ce_correlationid: 'request-1', ce_causationid: '0192' });
  t.regex(second.headers['ce_traceparent'] ?? '', /^00-(ab){16}-/);
  t.not(second.headers['ce_traceparent'], first.headers['ce_traceparent'], 'a span of its own');
  t.is(readCloudEvent(renamed, arrived(second)).causationId, '0192');
  t.is(arrived(toRecord(newEvent(renamed, data), { ...origin, context })).headers['ce_causationid'], undefined);
});

test('data that is not of its type is refused where it is written', (t) => {
  const error = t.throws(() => toRecord(newEvent(renamed, { ...data, name: 'too long' }), origin), {
    instanceOf: InvalidEventError,
  });
  t.regex(error?.message ?? '', /no shop\.test\.renamed\.v1: \/name/);
});

const record = toRecord(newEvent(renamed, data), origin);
const broken: readonly (readonly [string, () => unknown, RegExp])[] = [
  ['another version of CloudEvents', () => typeOf(arrived(record, { ce_specversion: '0.3' })), /ce_specversion/],
  ['a wrong time', () => readCloudEvent(renamed, arrived(record, { ce_time: 'yesterday' })), /ce_time/],
  ['another format', () => readCloudEvent(renamed, arrived(record, { 'content-type': 'text/xml' })), /text\/xml/],
  ['no JSON', () => readCloudEvent(renamed, arrived({ ...record, payload: '{' })), /not JSON/],
  ['other data', () => readCloudEvent(renamed, arrived({ ...record, payload: '{"id":"a"}' })), /\/name.*\/version/],
  ['no id', () => readCloudEvent(renamed, arrived({ ...record, headers: { ce_source: '/shop' } })), /ce_id/],
];

for (const [title, read, message] of broken) {
  test(`what is received with ${title} is refused`, (t) => {
    t.throws(read, { instanceOf: InvalidEventError, message });
  });
}

test('fields of a later release are kept, and a parameter of the format is allowed', (t) => {
  const payload = JSON.stringify({ ...data, colour: 'red' });
  const event = arrived({ ...record, payload }, { 'content-type': 'application/json; charset=utf-8' });
  t.deepEqual(readCloudEvent(renamed, event).data, { ...data, colour: 'red' });
});
