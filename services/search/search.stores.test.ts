import test from 'ava';
import { startUnderTest } from '#chassis/testing/service-under-test.ts';
import type { Availability } from '#contracts/availability.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { searchService } from './service.ts';
import { applyStock } from './store/stock.ts';
import { aProductState, startSearch, startSearchStores } from './testing/search-under-test.ts';

const stores = await startSearchStores();
test.after.always(() => stores.close());

// biome-ignore lint/suspicious/noExplicitAny: a test states what it expects by its assertions
const titles = ({ items }: any): readonly string[] => items.map(({ title }: { title: string }) => title);

// biome-ignore lint/suspicious/noExplicitAny: a test states what it expects by its assertions
const idsOf = ({ items }: any): readonly string[] => items.map(({ id }: { id: string }) => id);

const euros = (amountMinor: number) => [{ currency: 'EUR', amountMinor }];

test.serial('words are found in title, attributes and description, whatever their accents and case', async (t) => {
  const { index, find } = await startSearch(t, stores);
  await index(
    aProductState({ title: 'Crème Brûlée Torch', description: 'For the kitchen.' }),
    aProductState({ title: 'Desk', attributes: { material: 'Oak' }, description: 'Crafted by hand.' }),
    aProductState({ title: 'Chair', attributes: { material: 'steel' } }),
  );
  t.deepEqual(titles(await find('q=creme%20brulee')), ['Crème Brûlée Torch']);
  t.deepEqual(titles(await find('q=OAK%20desk%20crafted')), ['Desk'], 'each word in another field');
  t.deepEqual(titles(await find('q=SKU')).length, 3, 'a part of the SKU');
  t.deepEqual(titles(await find('q=***')), [], 'no word at all');
  t.is((await find('')).total, 3);
});

test.serial('mistyped words are found, and what was typed exactly comes first', async (t) => {
  const { index, find } = await startSearch(t, stores);
  const classic = aProductState({ title: 'Kettle Classic', sku: 'KC-0815' });
  await index(
    classic,
    aProductState({ title: 'Nettle Tea' }),
    aProductState({ title: 'Kettles and Pots' }),
    aProductState({ title: 'Lantern' }),
  );
  t.is(titles(await find('q=kettel')).includes('Kettle Classic'), true);
  t.deepEqual(titles(await find('q=lanttern')), ['Lantern']);
  t.deepEqual(titles(await find('q=mantern')), [], 'the first letter must be right');
  const all = titles(await find('q=kettles'));
  t.deepEqual(all.slice(0, 2), ['Kettles and Pots', 'Kettle Classic']);
  t.false(all.includes('Nettle Tea'));
  await index(aProductState({ title: 'KC 0815 Lid', attributes: { fits: 'KC-0815' } }));
  t.is((await find('q=kc-0815')).items[0].id, classic.id, 'a product that is named by its SKU');
});

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

test.serial('facets are counted exactly, each as if its own filter were not set', async (t) => {
  const { index, find, product } = await startSearch(t, stores);
  const admin = { roles: ['admin'] } as const;
  const categoryOf = async (slug: string, parentId: string | null) =>
    (await product.call('POST', '/api/v1/categories', { ...admin, body: { slug, name: slug, parentId } })).json.id;
  const home = await categoryOf('home', null);
  const lamps = await categoryOf('lamps', home);
  const desks = await categoryOf('desks', home);
  const colours = ['black', 'white', 'sand'];
  await index(
    ...Array.from({ length: 300 }, (_, number) =>
      aProductState({
        title: number % 2 === 0 ? 'Lamp' : 'Desk',
        categoryId: number % 2 === 0 ? lamps : desks,
        attributes: { colour: colours[number % 3] ?? '', 'weight,g': number % 5, heavy: number > 149 },
        prices: euros(1000 + 10 * number),
      }),
    ),
  );
  await waitFor('the categories are known', async () => (await find('category=lamps')).total === 150, {
    timeoutMs: 30_000,
  });
  const facets = 'facets=category,price,attributes.colour,attributes.heavy,availability&currency=EUR';
  const all = await find(facets);
  t.is(all.total, 300);
  t.deepEqual(
    all.facets.categories.map(({ slug, count }: { slug: string; count: number }) => [slug, count]),
    [
      ['home', 300],
      ['desks', 150],
      ['lamps', 150],
    ],
  );
  const counts = (list: readonly { value: string; count: number }[]) =>
    Object.fromEntries(list.map(({ value, count }) => [value, count]));
  t.deepEqual(counts(all.facets.attributes.colour.values), { black: 100, white: 100, sand: 100 });
  t.deepEqual(counts(all.facets.attributes.heavy.values), { true: 150, false: 150 });
  t.deepEqual(all.facets.availability, [{ value: 'unknown', count: 300 }]);
  t.is(all.facets.price.stepMinor, 500);
  t.deepEqual(
    all.facets.price.bars.map(({ fromMinor, count }: { fromMinor: number; count: number }) => [fromMinor, count]),
    [1000, 1500, 2000, 2500, 3000, 3500].map((from) => [from, 50]),
  );

  const chosen = await find(`${facets}&category=lamps&filters=colour:black,colour:white&maxPrice=1999`);
  // Lamps below 20 euros: 0, 2, … 98, of which two thirds are black or white.
  const expected = Array.from({ length: 50 }, (_, number) => number * 2).filter((number) => number % 3 !== 2);
  t.is(chosen.total, expected.length);
  t.is(counts(chosen.facets.attributes.colour.values)['sand'], 50 - expected.length, 'what else could be chosen');
  const bySlug = Object.fromEntries(
    chosen.facets.categories.map(({ slug, count }: { slug: string; count: number }) => [slug, count]),
  );
  const cheapDesks = Array.from({ length: 50 }, (_, number) => number * 2 + 1).filter((number) => number % 3 !== 2);
  t.deepEqual(bySlug, { lamps: expected.length, desks: cheapDesks.length, home: expected.length + cheapDesks.length });
  const lampsOfBoth = Array.from({ length: 150 }, (_, number) => number * 2).filter((number) => number % 3 !== 2);
  const inBars = chosen.facets.price.bars.reduce((sum: number, { count }: { count: number }) => sum + count, 0);
  t.is(inBars, lampsOfBoth.length);
  t.is((await find('filters=colour:black&category=nowhere')).total, 0);
  t.is((await find('filters=colour:black,heavy:true')).total, 50, 'of several names each');
});

test.serial('more than fifty values of an attribute are summed up, and values may have commas', async (t) => {
  const { index, find } = await startSearch(t, stores);
  await index(...Array.from({ length: 60 }, (_, number) => aProductState({ attributes: { size: `${number}, wide` } })));
  const { facets } = await find('facets=attributes.size,attributes.unknown');
  t.is(facets.attributes.size.values.length, 50);
  t.is(facets.attributes.size.otherCount, 10);
  t.deepEqual(facets.attributes.unknown, { values: [], otherCount: 0 });
  t.is((await find(`filters=size:${encodeURIComponent(encodeURIComponent('7, wide'))}`)).total, 1);
});

test.serial('prices filter and sort in the currency that is asked for', async (t) => {
  const { index, find } = await startSearch(t, stores);
  await index(
    aProductState({ title: 'A', prices: [{ currency: 'EUR', amountMinor: 300, compareAtMinor: 500 }] }),
    aProductState({
      title: 'B',
      prices: [
        { currency: 'EUR', amountMinor: 100 },
        { currency: 'USD', amountMinor: 900 },
      ],
    }),
    aProductState({
      title: 'C',
      prices: [
        { currency: 'USD', amountMinor: 200 },
        { currency: 'XYZ', amountMinor: 1 },
      ],
    }),
    aProductState({ title: 'D', prices: euros(200) }),
  );
  t.deepEqual(titles(await find('currency=EUR&sort=price')), ['B', 'D', 'A']);
  t.deepEqual(titles(await find('currency=EUR&sort=-price')), ['A', 'D', 'B']);
  t.deepEqual(titles(await find('currency=USD&sort=price')), ['C', 'B']);
  t.deepEqual(titles(await find('currency=EUR&minPrice=200&maxPrice=300&sort=title')), ['A', 'D'], 'inclusive');
  t.deepEqual(titles(await find('sort=newest')), ['D', 'C', 'B', 'A']);
  t.deepEqual((await find('q=A&currency=EUR')).items[0].prices, [
    { currency: 'EUR', amountMinor: 300, compareAtMinor: 500 },
  ]);
  for (const query of ['sort=price', 'minPrice=1', 'facets=price'])
    await t.throwsAsync(find(query), { message: /currency/ });
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

test.serial('synonyms hold without a new index, in both directions or in one', async (t) => {
  const { index, find, search, environment } = await startSearch(t, stores);
  await index(
    aProductState({ title: 'Sofa' }),
    aProductState({ title: 'Living Room Couch' }),
    aProductState({ title: 'Espresso Machine' }),
    aProductState({ title: 'Coffee Maker' }),
  );
  t.deepEqual(titles(await find('q=couch')), ['Living Room Couch']);
  const path = '/api/v1/search/synonyms';
  const editor = { roles: ['catalog-manager'] } as const;
  const before = await search.call('GET', path, editor);
  t.deepEqual(before.json, { version: 0, rules: [] });
  const rules = [
    { terms: ['sofa', 'Couch', 'three seater'] },
    { terms: ['coffee maker'], expandsTo: ['espresso machine'] },
  ];
  const put = (tag: string) => search.call('PUT', path, { ...editor, body: { rules }, headers: { 'if-match': tag } });
  t.is((await put('"v3"')).json.code, 'precondition-failed');
  const written = await put(before.headers.get('etag') ?? '');
  t.is(written.status, 200);
  t.deepEqual(written.json.rules, rules);
  t.deepEqual(titles(await find('q=couch')), ['Living Room Couch', 'Sofa'], 'at once in this replica');
  t.deepEqual(titles(await find('q=THREE%20seater')).toSorted(), ['Living Room Couch', 'Sofa']);
  t.deepEqual(titles(await find('q=coffee%20maker')), ['Coffee Maker', 'Espresso Machine']);
  t.deepEqual(titles(await find('q=espresso%20machine')), ['Espresso Machine']);
  const results = await Promise.all([put(written.headers.get('etag') ?? ''), put(written.headers.get('etag') ?? '')]);
  t.deepEqual(results.map(({ status }) => status).toSorted(), [200, 412], 'two editors at once');
  const replica = await startUnderTest(t, searchService, environment);
  const learned = async () => titles((await replica.call('GET', '/api/v1/search?q=couch')).json).length === 2;
  await waitFor('the other replica knows them', learned, { timeoutMs: 30_000 });
  const cleared = { ...editor, body: { rules: [] }, headers: { 'if-match': '*' } };
  t.is((await search.call('PUT', path, cleared)).status, 200);
  const forgot = async () => titles((await replica.call('GET', '/api/v1/search?q=couch')).json).length === 1;
  await waitFor('the other replica forgets them', forgot, { timeoutMs: 30_000 });
});

test.serial('suggestions complete what is typed, and offer a correction when nothing begins so', async (t) => {
  const { index, search, find } = await startSearch(t, stores);
  await index(
    aProductState({ title: 'Garden Lantern' }),
    aProductState({ title: 'Garden Spade' }),
    aProductState({ title: 'Ocean Blanket' }),
    aProductState({ title: 'Lanyard' }),
    aProductState({ title: 'Draft Lantern', status: 'draft' }),
  );
  const suggest = async (query: string) => (await search.call('GET', `/api/v1/suggest?${query}`)).json;
  t.deepEqual(titles(await suggest('q=garden%20la')), ['Garden Lantern']);
  t.deepEqual(titles(await suggest('q=lan')).toSorted(), ['Garden Lantern', 'Lanyard']);
  t.is(titles(await suggest('q=g&limit=1')).length, 1);
  t.deepEqual(await suggest('q=gardn%20latern'), { items: [], didYouMean: 'garden lantern' });
  t.deepEqual(await suggest('q=%3F'), { items: [], didYouMean: null });
  t.is((await find('q=gardn%20latern')).didYouMean, 'garden lantern');
  t.is((await find('q=garden%20lantern')).didYouMean, null);
  t.is((await find('q=Garden-Lantern')).didYouMean, null);
});

test.serial('pages by cursor: nothing twice and nothing left out, whatever is written meanwhile', async (t) => {
  const { index, find, client } = await startSearch(t, stores);
  const all = Array.from({ length: 230 }, (_, number) =>
    aProductState({ title: number % 3 === 0 ? 'Lamp' : 'Lamp Shade', prices: euros(100 + (number % 7)) }),
  );
  await index(...all);
  for (const sort of ['relevance', 'price', '-price', 'newest', 'title', 'popularity']) {
    const query = `q=lamp&sort=${sort}&currency=EUR&limit=50`;
    const first = await find(query);
    const second = await find(`${query}&cursor=${first.nextCursor}`);
    const seen = [...idsOf(first), ...idsOf(second)];
    // From the second page on the view is fixed: hits that come, go or change their place are not seen.
    const other = all.find(({ id }) => !seen.includes(id)) ?? aProductState();
    const changed = { ...other, title: 'Lamp', prices: euros(1), version: other.version + 1 };
    await index(aProductState({ title: 'Lamp', prices: euros(1) }), changed);
    for (let page = second; page.nextCursor !== null; ) {
      page = await find(`${query}&cursor=${page.nextCursor}`);
      t.is(page.total, second.total);
      seen.push(...idsOf(page));
    }
    t.is(new Set(seen).size, seen.length, `${sort}: nothing twice`);
    t.is(seen.length, second.total, sort);
    t.true(
      all.every(({ id }) => seen.includes(id)),
      `${sort}: nothing left out`,
    );
  }

  // A view that is over: the reader goes on in a new one.
  const query = 'q=lamp&sort=title&limit=100';
  const second = await find(`${query}&cursor=${(await find(query)).nextCursor}`);
  const view = JSON.parse(Buffer.from(second.nextCursor, 'base64url').subarray(16).toString()).view;
  await client.send({ operation: 'test', method: 'DELETE', path: '/_pit', body: { id: view }, isSafe: true });
  const third = await find(`${query}&cursor=${second.nextCursor}`);
  t.true(third.items.length > 0);
  t.false(idsOf(third).some((id) => idsOf(second).includes(id)));
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
