import test from 'ava';
import type { Availability } from '#contracts/availability.ts';
import { applyStock } from './store/stock.ts';
import { idsOf, testEngine, titles } from './testing/engine-contract.ts';
import { aProductState, startSearch, startSearchStores } from './testing/search-under-test.ts';

const stores = await startSearchStores();
test.after.always(() => stores.close());

testEngine((t) => startSearch(t, stores));

test.serial('equal hits are ordered by popularity', async (t) => {
  const { index, find, client, names } = await startSearch(t, stores);
  const [little, much] = [aProductState({ title: 'Blue Lamp' }), aProductState({ title: 'Blue Lamp' })];
  await index(little, much);
  t.is((await find('q=blue%20lamp')).items[0].id, little.id, 'by id while nobody bought any');
  const path = `/${names.write}/_update/${much.id}?refresh=true`;
  const body = { doc: { popularity: 7 } };
  await client.send({ operation: 'test', method: 'POST', path, body, isSafe: true });
  t.is((await find('q=blue%20lamp')).items[0].id, much.id);
  t.is((await find('sort=popularity')).items[0].id, much.id);
});

test.serial('what is out of stock can be left out, in whatever order stock and product come', async (t) => {
  const { index, find, client, names } = await startSearch(t, stores);
  const apply = async (sku: string, version: number, availability: Availability) =>
    (await applyStock(client, names, [{ sku, version, availability }]))[0] === true;
  t.true(await apply('EARLY', 1, 'out-of-stock'), 'before the product is known');
  const late = aProductState({ title: 'Late', sku: 'LATE' });
  await index(aProductState({ title: 'Early', sku: 'EARLY' }), late, aProductState({ title: 'Quiet' }));
  t.true(await apply('LATE', 5, 'out-of-stock'));
  t.false(await apply('LATE', 4, 'in-stock'), 'an older change');
  t.false(await apply('LATE', 5, 'in-stock'), 'the same change again');
  const refreshed = async (query: string) => {
    await index();
    return titles(await find(query));
  };
  t.deepEqual(await refreshed('inStock=true'), ['Quiet']);
  await index({ ...late, title: 'Later', version: 2 });
  t.deepEqual(titles(await find('inStock=true')), ['Quiet'], 'a change of the product keeps its stock');
  t.true(await apply('LATE', 6, 'in-stock'));
  t.deepEqual(await refreshed('inStock=true&sort=title'), ['Later', 'Quiet']);
  await index({ ...late, title: 'Old', version: 1 });
  t.deepEqual(await refreshed('inStock=true&sort=title'), ['Later', 'Quiet'], 'an old event loses all the same');
  const changes = Array.from({ length: 20 }, (_, number) => number);
  await Promise.all([
    ...changes.map((number) => apply('LATE', 10 + number, number === 19 ? 'out-of-stock' : 'in-stock')),
    ...changes.map((number) => index({ ...late, version: 3 + number, title: `Later ${number}` })),
  ]);
  t.deepEqual(await refreshed('inStock=true'), ['Quiet'], 'writers at once: the newest stock and the newest product');
  t.deepEqual(await refreshed('q=LATE'), ['Later 19']);
});

test.serial('a product can be had as long as one of its variants can, and is found by any of their SKUs', async (t) => {
  const { index, find, client, names } = await startSearch(t, stores);
  const variant = (sku: string) => ({
    id: crypto.randomUUID(),
    sku,
    options: { size: sku },
    barcode: null,
    weightGrams: null,
    prices: [],
  });
  const shirt = aProductState({ title: 'Shirt', sku: 'SHIRT-S', variants: ['SHIRT-S', 'SHIRT-M'].map(variant) });
  await index(shirt, aProductState({ title: 'Quiet' }));
  const told: [string, number, Availability, string][] = [
    ['SHIRT-S', 1, 'out-of-stock', 'unknown'],
    ['SHIRT-M', 1, 'out-of-stock', 'out-of-stock'],
    ['SHIRT-M', 2, 'low-stock', 'low-stock'],
    ['SHIRT-S', 2, 'backorder', 'low-stock'],
    ['SHIRT-M', 3, 'out-of-stock', 'backorder'],
    ['SHIRT-S', 3, 'in-stock', 'in-stock'],
    ['SHIRT-S', 4, 'out-of-stock', 'out-of-stock'],
  ];
  for (const [sku, version, availability, shown] of told) {
    t.deepEqual(await applyStock(client, names, [{ sku, version, availability }]), [true]);
    await index();
    const { items, facets } = await find('sort=title&facets=availability');
    t.is(items[1].availability, shown, `${sku} ${availability}`);
    t.true(facets.availability.some(({ value }: { value: string }) => value === shown));
    t.deepEqual(
      titles(await find('inStock=true&sort=title')),
      shown === 'out-of-stock' ? ['Quiet'] : ['Quiet', 'Shirt'],
    );
  }
  t.deepEqual(titles(await find('q=shirt-m')), ['Shirt']);
  await index({ ...shirt, variants: [variant('SHIRT-S'), variant('SHIRT-L')], version: 2 });
  await index();
  t.is((await find('q=shirt-l')).items[0].availability, 'unknown', 'a new variant, of which nothing was heard');
  const both = [
    { sku: 'SHIRT-L', version: 1, availability: 'out-of-stock' },
    { sku: 'SHIRT-S', version: 9, availability: 'in-stock' },
    { sku: 'SHIRT-S', version: 8, availability: 'out-of-stock' },
    { sku: 'SHIRT-S', version: 4, availability: 'in-stock' },
  ] as const;
  t.deepEqual(await applyStock(client, names, both), [true, true, true, false]);
  await index();
  t.is((await find('q=shirt-l')).items[0].availability, 'in-stock', 'of a SKU the newest counts');
});

test.serial('changes of variants of one product at once end as if they came one by one', async (t) => {
  const { index, find, client, names } = await startSearch(t, stores);
  const variants = Array.from({ length: 6 }, (_, number) => ({
    id: crypto.randomUUID(),
    sku: `CAP-${number}`,
    options: {},
    barcode: null,
    weightGrams: null,
    prices: [],
  }));
  await index(aProductState({ title: 'Cap', sku: 'CAP-0', variants }));
  const apply = (sku: string, version: number, availability: Availability) =>
    applyStock(client, names, [{ sku, version, availability }]);
  for (let round = 1; round <= 3; round += 1) {
    await Promise.all(
      variants.map(({ sku }, number) => apply(sku, 2 * round, number === round ? 'low-stock' : 'in-stock')),
    );
    await Promise.all(
      variants.map(({ sku }, number) => apply(sku, 2 * round + 1, number === round ? 'low-stock' : 'out-of-stock')),
    );
    await index();
    t.is((await find('q=cap')).items[0].availability, 'low-stock');
  }
});

test.serial('cursors of others, of other questions and of nobody are refused', async (t) => {
  const { index, search, find } = await startSearch(t, stores);
  await index(...Array.from({ length: 5 }, () => aProductState({ title: 'Lamp' })));
  const { nextCursor } = await find('q=lamp&limit=2');
  const ask = async (query: string) => (await search.call('GET', `/api/v1/search?${query}`)).json;
  t.is((await ask(`q=lamp&limit=3&cursor=${nextCursor}`)).items.length, 3, 'another length is fine');
  const bytes = Buffer.from(nextCursor, 'base64url');
  const forged = [
    Buffer.concat([bytes.subarray(0, 16), Buffer.from('{"list":"x","after":[1],"view":"y"}')]),
    Buffer.from(bytes.map((byte, place) => (place === 20 ? byte ^ 1 : byte))),
    bytes.subarray(0, 10),
    Buffer.from('{}'),
  ].map((one) => `q=lamp&cursor=${one.toString('base64url')}`);
  const misused = [`q=lamp&sort=title&cursor=${nextCursor}`, `q=other&cursor=${nextCursor}`, `cursor=${nextCursor}`];
  for (const query of [...forged, ...misused, `q=lamp&inStock=true&cursor=${nextCursor}`])
    t.is((await ask(query)).code, 'invalid-cursor', query);
  for (const query of [
    'cursor=***',
    `cursor=${'x'.repeat(3001)}`,
    'offset=9900',
    'offset=-1',
    `offset=1&cursor=${nextCursor}`,
  ])
    t.is((await ask(query)).code, 'invalid-parameter', query);
  t.is((await ask('q=lamp&offset=9899&limit=100')).total, 5, 'the last offset');
  t.is((await ask('q=lamp&offset=3')).items.length, 2);
});
test.serial('a view that is over: the reader goes on in a new one', async (t) => {
  const { index, find, client } = await startSearch(t, stores);
  await index(...Array.from({ length: 230 }, () => aProductState({ title: 'Lamp' })));
  const query = 'q=lamp&sort=title&limit=100';
  const second = await find(`${query}&cursor=${(await find(query)).nextCursor}`);
  const view = JSON.parse(Buffer.from(second.nextCursor, 'base64url').subarray(16).toString()).view;
  await client.send({ operation: 'test', method: 'DELETE', path: '/_pit', body: { id: view }, isSafe: true });
  const third = await find(`${query}&cursor=${second.nextCursor}`);
  t.true(third.items.length > 0);
  t.false(idsOf(third).some((id) => idsOf(second).includes(id)));
});
