import { randomUUID } from 'node:crypto';
import test from 'ava';
import type { Answer } from '#chassis/testing/service-under-test.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import {
  act,
  aSku,
  aWarehouse,
  expect,
  type InventoryUnderTest,
  keeper,
  mainWarehouse,
  receive,
  reserve,
  startInventory,
} from './testing/inventory-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const adjust = (service: InventoryUnderTest, body: unknown): Promise<Answer> =>
  service.call('POST', '/api/v1/stock/adjustments', { ...keeper, body });
const adjustment = (lines: readonly unknown[], changes: Readonly<Record<string, unknown>> = {}) => ({
  reference: `ref-${randomUUID()}`,
  reason: 'received',
  lines,
  ...changes,
});
const line = (sku: string, delta: number, warehouseId = mainWarehouse) => ({ sku, warehouseId, delta });
const levelPath = (sku: string, warehouseId = mainWarehouse) => `/api/v1/stock/levels/${warehouseId}/${sku}`;
const count = (service: InventoryUnderTest, sku: string, etag: string, body: { onHand: number; reference?: string }) =>
  service.call('PUT', levelPath(sku), {
    ...keeper,
    headers: { 'if-match': etag },
    body: { reference: randomUUID(), ...body },
  });

test('a batch is stored as a whole, once per reference, however often and at once it is sent', async (t) => {
  const service = await startInventory(t, databases);
  const other = await aWarehouse(service);
  const [a, b] = [aSku(), aSku()];
  const body = adjustment([line(a, 5), line(b, 7, other)]);
  const answers = await Promise.all(Array.from({ length: 8 }, () => adjust(service, body)));
  t.deepEqual(answers.map(({ status }) => status).toSorted(), [...Array.from({ length: 7 }, () => 200), 201]);
  t.is(new Set(answers.map(({ text }) => text)).size, 1);
  t.like(answers[0]?.json.levels[0], { sku: a, warehouseId: mainWarehouse, onHand: 5, version: 2 });
  await adjust(service, adjustment([line(a, 1)]));
  t.is((await adjust(service, body)).text, answers[0]?.text ?? t.fail(), 'the answer of then');
  t.deepEqual(await service.counters(a), { onHand: 6, reserved: 0, backordered: 0 });
  const reused = await adjust(service, { ...body, lines: [line(a, 6)] });
  t.like([reused.status, reused.json.code], [422, 'reference-reused']);
  t.deepEqual(await service.drifts(), []);
});

test('a batch with one line that cannot be done does nothing', async (t) => {
  const service = await startInventory(t, databases);
  const [a, b, fresh] = [aSku(), aSku(), aSku()];
  await receive(service, { [a]: 5, [b]: 5 });
  await reserve(service, { [b]: 4 });
  const before = (await service.events(a)).length;
  const promised = await adjust(service, adjustment([line(fresh, 1), line(a, -1), line(b, -2)], { reason: 'lost' }));
  t.like([promised.status, promised.json.code], [409, 'stock-promised']);
  t.deepEqual(promised.json.errors, [
    { pointer: '#/lines/2', detail: 'of 5 that are there 4 are reserved and 0 sold ahead' },
  ]);
  const gone = await adjust(service, adjustment([line(a, -6)], { reason: 'lost' }));
  t.is(gone.json.errors[0].detail, 'only 5 are there');
  const nowhere = await adjust(service, adjustment([line(a, 1, randomUUID())]));
  t.like([nowhere.status, nowhere.json.code], [422, 'warehouse-unknown']);
  t.deepEqual(await service.counters(a), { onHand: 5, reserved: 0, backordered: 0 });
  t.is((await service.events(a)).length, before);
  t.is((await service.query('select from stock_items where sku = $1', [fresh])).length, 0);
  t.deepEqual(await service.drifts(), []);
});

test('a count replaces what was seen: stock that came or went since refuses it, a reservation does not', async (t) => {
  const service = await startInventory(t, databases);
  const sku = aSku();
  await receive(service, { [sku]: 10 });
  const seen = expect(await service.call('GET', levelPath(sku), keeper), 200);
  const etag = seen.headers.get('etag') ?? '';
  t.is(etag, `"v${seen.json.version}"`);
  expect(await reserve(service, { [sku]: 2 }), 201);
  const reference = randomUUID();
  const counted = expect(await count(service, sku, etag, { onHand: 8, reference }), 200);
  t.like(counted.json.levels[0], { onHand: 8, reserved: 2 });
  t.deepEqual(
    expect(await count(service, sku, etag, { onHand: 8, reference }), 200).json,
    counted.json,
    'again: the answer of then',
  );
  t.is((await count(service, sku, etag, { onHand: 9 })).json.code, 'precondition-failed');
  t.is((await count(service, sku, '*', { onHand: 1 })).json.code, 'stock-promised', 'two are reserved');
  const without = await service.call('PUT', levelPath(sku), { ...keeper, body: { onHand: 1, reference: 'x' } });
  t.is(without.json.code, 'precondition-required');
  const { version } = counted.json.levels[0];
  const batch = (number: number) =>
    adjust(service, adjustment([{ sku, warehouseId: mainWarehouse, counted: 20, version: number }]));
  const stale = await batch(version - 1);
  t.like([stale.status, stale.json.code, stale.json.errors[0].pointer], [412, 'precondition-failed', '#/lines/0']);
  expect(await batch(version), 201);
  t.deepEqual(await service.counters(sku), { onHand: 20, reserved: 2, backordered: 0 });
  const page = await service.call('GET', `/api/v1/stock/movements?sku=${sku}&limit=2`, keeper);
  t.deepEqual(
    page.json.items.map(({ reason, onHand }: { reason: string; onHand: number }) => [reason, onHand]),
    [
      ['counted', 12],
      ['counted', -2],
    ],
  );
  t.deepEqual(await service.drifts(), []);
});

test('two counts of one version at once: one is stored', async (t) => {
  const service = await startInventory(t, databases);
  const sku = aSku();
  await receive(service, { [sku]: 10 });
  const answers = await Promise.all([3, 4, 5, 6].map((onHand) => count(service, sku, '"v2"', { onHand })));
  t.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 412, 412, 412]);
  t.deepEqual(await service.drifts(), []);
});

test('the ledger names who did what for which reference, page by page', async (t) => {
  const service = await startInventory(t, databases);
  const [sku, other] = [aSku(), aSku()];
  await receive(service, { [sku]: 9, [other]: 1 });
  const { id } = expect(await reserve(service, { [sku]: 2 }), 201).json;
  expect(await act(service, id, 'confirm'), 200);
  const { reference } = adjustment([]);
  await adjust(service, adjustment([line(sku, -3)], { reason: 'damaged', reference }));
  const read = async (query: string) => {
    const items = [];
    let cursor = '';
    do {
      const page = expect(
        await service.call('GET', `/api/v1/stock/movements?limit=1&${query}${cursor}`, keeper),
        200,
      ).json;
      items.push(...page.items);
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    return items;
  };
  const all = await read(`sku=${sku}`);
  t.deepEqual(
    all.map((one) => [one.reason, one.onHand, one.reserved, one.actor]),
    [
      ['damaged', -3, 0, 'keeper'],
      ['confirmed', -2, -2, 'order'],
      ['reserved', 0, 2, 'order'],
      ['received', 9, 0, 'keeper'],
    ],
  );
  t.deepEqual(
    (await read(`reference=${id}`)).map((one) => one.reason),
    ['confirmed', 'reserved'],
  );
  t.deepEqual(await read(`reference=${reference}&warehouse=${mainWarehouse}`), [all[0]]);
  t.is((await read('')).length, 5);
  t.deepEqual(await read(`warehouse=${randomUUID()}`), []);
  const { nextCursor } = (await service.call('GET', '/api/v1/stock/movements?limit=1', keeper)).json;
  const foreign = await service.call('GET', `/api/v1/stock/movements?sku=${sku}&cursor=${nextCursor}`, keeper);
  t.is(foreign.json.code, 'invalid-cursor');
});

test('levels are listed by SKU and warehouse, nothing twice and nothing left out', async (t) => {
  const service = await startInventory(t, databases);
  const other = await aWarehouse(service);
  const skus = ['b', 'A', 'a-1', 'B.2', 'a'];
  for (const warehouse of [mainWarehouse, other])
    await receive(service, Object.fromEntries(skus.map((sku) => [sku, 1])), warehouse);
  const read = async (query: string) => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = expect(
        await service.call('GET', `/api/v1/stock/levels?limit=3&${query}${cursor}`, keeper),
        200,
      ).json;
      seen.push(...page.items.map((one: { sku: string; warehouseId: string }) => `${one.sku} ${one.warehouseId}`));
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    return seen;
  };
  const all = skus.flatMap((sku) => [`${sku} ${mainWarehouse}`, `${sku} ${other}`]).toSorted();
  t.deepEqual(await read(''), all);
  t.deepEqual(
    await read('sku=a'),
    all.filter((one) => one.startsWith('a ')),
  );
  t.deepEqual(
    await read(`warehouse=${other}`),
    all.filter((one) => one.endsWith(other)),
  );
  t.is((await service.call('GET', levelPath('nothing'), keeper)).json.code, 'not-found');
});

test('the rules of a SKU are changed by their version, and refused where they contradict each other', async (t) => {
  const service = await startInventory(t, databases);
  const sku = aSku();
  await receive(service, { [sku]: 1 });
  const path = `/api/v1/stock/items/${sku}`;
  const patch = (body: unknown, etag = '*') =>
    service.call('PATCH', path, { ...keeper, body, headers: { 'if-match': etag } });
  const first = expect(await service.call('GET', path, keeper), 200);
  t.like(first.json, { backorderCap: 0, lowStockAt: 5, recoveredAt: 10, backInStockAt: 3, alert: 'out', version: 1 });
  t.like(expect(await patch({ backorderCap: 3 }, '"v1"'), 200).json, { backorderCap: 3, version: 2 });
  t.is((await patch({ backorderCap: 4 }, '"v1"')).json.code, 'precondition-failed');
  const order = await patch({ lowStockAt: 10 });
  t.like([order.status, order.json.errors[0].pointer], [422, '#/recoveredAt']);
  t.is(
    (
      await service.call('PATCH', '/api/v1/stock/items/nothing', {
        ...keeper,
        body: { lowStockAt: 1 },
        headers: { 'if-match': '*' },
      })
    ).status,
    404,
  );

  const ahead = expect(await reserve(service, { [sku]: 4 }), 201).json;
  expect(await patch({ backorderCap: 1 }), 200);
  t.is((await reserve(service, { [sku]: 1 })).json.code, 'out-of-stock');
  expect(await act(service, ahead.id, 'confirm'), 200);
  t.deepEqual(await service.counters(sku), { onHand: 0, reserved: 0, backordered: 3 });
  await receive(service, { [sku]: 2 });
  t.deepEqual(await service.counters(sku), { onHand: 0, reserved: 0, backordered: 1 });
  t.is((await reserve(service, { [sku]: 1 })).json.code, 'out-of-stock', 'one of one is owed');
  await receive(service, { [sku]: 1 });
  expect(await reserve(service, { [sku]: 1 }), 201);
  t.deepEqual(await service.drifts(), []);
});

test('availability is a word for each SKU, in the order of the question, and a count for services only', async (t) => {
  const service = await startInventory(t, databases);
  const [plenty, few, none, unknown] = [aSku(), aSku(), aSku(), aSku()];
  await receive(service, { [plenty]: 100, [few]: 5, [none]: 1 });
  expect(await reserve(service, { [none]: 1 }), 201);
  const answer = expect(
    await service.call('GET', `/api/v1/availability?skus=${[none, plenty, unknown, few, plenty].join(',')}`),
    200,
  );
  t.deepEqual(answer.json.items, [
    { sku: none, availability: 'out-of-stock' },
    { sku: plenty, availability: 'in-stock' },
    { sku: unknown, availability: 'out-of-stock' },
    { sku: few, availability: 'low-stock' },
  ]);
  t.is(answer.headers.get('cache-control'), 'public, max-age=5');
  t.deepEqual((await service.call('GET', `/api/v1/availability?skus=${few}`, keeper)).json.items, [
    { sku: few, availability: 'low-stock' },
  ]);
  const asked = { roles: ['service'], subject: 'cart' } as const;
  const told = expect(
    await service.call('GET', `/api/v1/availability?skus=${[none, plenty, unknown, few]}`, asked),
    200,
  );
  t.deepEqual(
    told.json.items.map(({ availableToPromise }: { availableToPromise: number }) => availableToPromise),
    [0, 100, 0, 5],
  );
  t.is(told.headers.get('cache-control'), 'private, no-store', 'no cache shows it to others');
  t.is((await service.call('GET', '/api/v1/availability')).status, 400);
  const many = Array.from({ length: 101 }, (_, index) => `s${index}`).join(',');
  t.is((await service.call('GET', `/api/v1/availability?skus=${many}`)).status, 400);
});

test('warehouses are made once per key, changed by version, and have a code of their own', async (t) => {
  const service = await startInventory(t, databases);
  const path = '/api/v1/warehouses';
  const body = { code: 'north', name: 'North' };
  const keyed = { ...keeper, body, headers: { 'idempotency-key': 'once' } };
  const made = expect(await service.call('POST', path, keyed), 201);
  t.is(expect(await service.call('POST', path, keyed), 201).text, made.text);
  t.like(made.json, { ...body, priority: 100, isActive: true, version: 1 });
  t.is((await service.call('POST', path, { ...keeper, body })).json.code, 'warehouse-code-taken');
  const patch = (change: unknown, etag: string) =>
    service.call('PATCH', `${path}/${made.json.id}`, { ...keeper, body: change, headers: { 'if-match': etag } });
  t.like(expect(await patch({ priority: 1 }, '"v1"'), 200).json, { priority: 1, version: 2 });
  t.is((await patch({ priority: 2 }, '"v1"')).json.code, 'precondition-failed');
  t.is((await patch({ code: 'main' }, '*')).json.code, 'warehouse-code-taken');
  t.is((await service.call('GET', `${path}/${randomUUID()}`, keeper)).status, 404);
  for (const code of ['a', 'z', 'm']) await service.call('POST', path, { ...keeper, body: { code, name: code } });
  const codes: string[] = [];
  let cursor = '';
  do {
    const page = expect(await service.call('GET', `${path}?limit=2${cursor}`, keeper), 200).json;
    codes.push(...page.items.map((one: { code: string }) => one.code));
    cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
  } while (cursor !== '');
  t.deepEqual(codes, ['a', 'm', 'main', 'north', 'z']);
});
