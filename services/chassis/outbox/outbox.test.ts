import { readFile } from 'node:fs/promises';
import test from 'ava';
import { InvalidEventError, newEvent } from '../events/cloud-event.ts';
import type { Transaction } from '../postgres/statement.ts';
import { counted } from '../testing/event-stores.ts';
import { createOutbox, maximumPayloadBytes } from './outbox.ts';

function aTransaction() {
  const calls: (readonly unknown[])[] = [];
  const transaction: Transaction = {
    isTransaction: true,
    rows: async (_statement, values = []) => {
      calls.push(values);
      return [];
    },
  };
  return { calls, transaction };
}

const outbox = createOutbox({ service: 'product', topics: ['counted'], notify: true });

test('all events of a change are one statement, and none is none', async (t) => {
  const { calls, transaction } = aTransaction();
  await outbox.append(transaction);
  t.is(calls.length, 0);
  await outbox.append(
    transaction,
    newEvent(counted, { key: 'a', count: 1 }),
    newEvent(counted, { key: 'b', count: 1 }),
  );
  t.is(calls.length, 1);
  const records = JSON.parse(String(calls[0]?.[0])) as { readonly id: string; readonly key: string }[];
  t.deepEqual(
    records.map(({ key }) => key),
    ['a', 'b'],
  );
  t.not(records[0]?.id, records[1]?.id);
  t.is(calls[0]?.[1], true);
});

test('what Kafka would not take never gets into the outbox', async (t) => {
  const { calls, transaction } = aTransaction();
  const large = newEvent(counted, { key: 'a', count: 1, text: 'ä'.repeat(maximumPayloadBytes / 2) });
  await t.throwsAsync(outbox.append(transaction, large), { instanceOf: InvalidEventError, message: /larger than/ });
  const foreign = newEvent({ ...counted, topic: 'shop.order.v1' }, { key: 'a', count: 1 });
  await t.throwsAsync(outbox.append(transaction, foreign), { instanceOf: InvalidEventError, message: /may not send/ });
  await t.throwsAsync(outbox.append(transaction, { type: counted, data: { key: 'a' } }), { message: /\/count/ });
  t.is(calls.length, 0);
});

test('the services’ tables are those that the chassis is tested with', async (t) => {
  const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
  t.is(
    await read('../../product/migrations/0004-outbox.sql'),
    await read('../testing/migrations/0001-outbox.sql'),
    'a service takes the chassis’ file as it is; a change of the table is a new file for both',
  );
});
