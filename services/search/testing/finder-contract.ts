/** What every `ProductFinder` must answer, asked through the service. */
import { startUnderTest } from '#chassis/testing/service-under-test.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { fewHits } from '../domain/product-finder.ts';
import { searchService } from '../service.ts';
import type { Contract } from './engine-contract.ts';
import { aProductState, idsOf, titles } from './search-under-test.ts';

const euros = (amountMinor: number) => [{ currency: 'EUR', amountMinor }];

const several = (count: number, title: string) => Array.from({ length: count }, () => aProductState({ title }));

// biome-ignore lint/suspicious/noExplicitAny: a test states what it expects by its assertions
const inBars = ({ facets }: any): number =>
  facets.price.bars.reduce((sum: number, { count }: { count: number }) => sum + count, 0);

export const finderContract: Contract = {
  'words are found in title, attributes and description, whatever their accents and case': async (
    t,
    { index, find },
  ) => {
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
  },

  'mistyped words are found, and what was typed exactly comes first': async (t, { index, find }) => {
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
  },

  'a word that many products have finds only these, and one that few have also what is spelled nearly so': async (
    t,
    { index, find },
  ) => {
    const query = 'q=kettle&facets=price&currency=EUR&limit=50';
    await index(...several(fewHits - 1, 'Kettle'), ...several(3, 'Kettles and Pots'));
    const few = await find(query);
    t.is(few.total, fewHits + 2);
    t.is(inBars(few), fewHits + 2);
    t.deepEqual(
      titles(few).slice(fewHits - 1),
      Array.from({ length: 3 }, () => 'Kettles and Pots'),
    );
    t.is((await find('q=kettle&offset=11')).items.length, 1, 'from any place on');
    t.is((await find('q=kettle&inStock=true')).total, fewHits + 2, 'with filters');

    await index(...several(1, 'Kettle'));
    const many = await find(query);
    t.is(many.total, fewHits);
    t.is(inBars(many), fewHits);
    t.deepEqual([...new Set(titles(many))], ['Kettle']);
    t.is((await find(`q=kettle&offset=${fewHits}`)).items.length, 0, 'from any place on');
    const cheap = aProductState({ title: 'Kettle', prices: euros(1) });
    await index(cheap, aProductState({ title: 'Kettles', prices: euros(1) }));
    for (const facets of ['', '&facets=availability']) {
      const chosen = await find(`q=kettle&currency=EUR&maxPrice=1${facets}`);
      t.deepEqual(idsOf(chosen), [cheap.id], 'few are chosen, but many have the word');
    }
    t.is(many.didYouMean, null);
  },

  'one product has the word as it was typed: those that have nearly the same follow it on all pages': async (
    t,
    { index, find },
  ) => {
    const exact = aProductState({ title: 'Kettle', prices: euros(700) });
    const near = Array.from({ length: 24 }, (_, number) =>
      aProductState({ title: number % 2 === 0 ? 'Kettles' : 'Kettled', prices: euros(500 + (number % 7)) }),
    );
    await index(...near, exact, aProductState({ title: 'Lantern' }));
    const expected = [...near, exact].map(({ id }) => id).toSorted();
    for (const sort of ['relevance', 'price', 'title']) {
      const query = `q=kettle&sort=${sort}&currency=EUR&limit=4`;
      let page = await find(query);
      if (sort === 'relevance') t.is(idsOf(page)[0], exact.id);
      const seen = [...idsOf(page)];
      while (page.nextCursor !== null) {
        // Facets may be asked for anywhere: their counts are of the same products.
        page = await find(`${query}&facets=price&cursor=${page.nextCursor}`);
        t.is(page.total, expected.length, sort);
        t.is(inBars(page), expected.length, sort);
        seen.push(...idsOf(page));
      }
      t.deepEqual(seen.toSorted(), expected, sort);
    }
  },

  'a mistyped word is corrected, also when nothing is near enough to be found': async (t, { index, find }) => {
    await index(aProductState({ title: 'Kettle Classic' }), aProductState({ title: 'Lantern' }));
    const near = await find('q=kettel');
    t.deepEqual([titles(near), near.didYouMean], [['Kettle Classic'], 'kettle']);
    const far = await find('q=kttel');
    t.deepEqual([far.total, far.items, far.didYouMean], [0, [], 'kettle']);
    t.is((await find('')).didYouMean, null);
    t.is((await find('q=***')).didYouMean, null, 'no word that could be corrected');
  },

  'facets are counted exactly, each as if its own filter were not set': async (t, { index, find, product }) => {
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
    t.deepEqual(bySlug, {
      lamps: expected.length,
      desks: cheapDesks.length,
      home: expected.length + cheapDesks.length,
    });
    const lampsOfBoth = Array.from({ length: 150 }, (_, number) => number * 2).filter((number) => number % 3 !== 2);
    t.is(inBars(chosen), lampsOfBoth.length);
    t.is((await find('filters=colour:black&category=nowhere')).total, 0);
    t.is((await find('filters=colour:black,heavy:true')).total, 50, 'of several names each');
  },

  'more than fifty values of an attribute are summed up, and values may have commas': async (t, { index, find }) => {
    await index(
      ...Array.from({ length: 60 }, (_, number) => aProductState({ attributes: { size: `${number}, wide` } })),
    );
    const { facets } = await find('facets=attributes.size,attributes.unknown');
    t.is(facets.attributes.size.values.length, 50);
    t.is(facets.attributes.size.otherCount, 10);
    t.deepEqual(facets.attributes.unknown, { values: [], otherCount: 0 });
    t.is((await find(`filters=size:${encodeURIComponent(encodeURIComponent('7, wide'))}`)).total, 1);
  },

  'prices filter and sort in the currency that is asked for': async (t, { index, find }) => {
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
  },

  'synonyms hold without a new index, in both directions or in one': async (
    t,
    { index, find, search, environment },
  ) => {
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
  },

  'suggestions complete what is typed, and offer a correction when nothing begins so': async (
    t,
    { index, search, find },
  ) => {
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
  },

  'pages by cursor: nothing twice and nothing left out, whatever is written meanwhile': async (t, { index, find }) => {
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
  },
};
