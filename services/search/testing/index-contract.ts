/** What every `ProductIndex` must do: its changes, and what searches then find. */
import type { Availability } from '#contracts/availability.ts';
import type { ProductState } from '#contracts/events/product.ts';
import { type ProductChange, RefusedChangeError } from '../domain/product-index.ts';
import type { Contract } from './engine-contract.ts';
import { aProductState, titles } from './search-under-test.ts';

const put = (product: ProductState): ProductChange => ({ kind: 'put', product });
const remove = ({ id }: ProductState, version: number): ProductChange => ({ kind: 'remove', product: { id, version } });

const variant = (sku: string) => ({
  id: crypto.randomUUID(),
  sku,
  options: { size: sku },
  barcode: null,
  weightGrams: null,
  prices: [],
});

export const indexContract: Contract = {
  'what is there stays when it is prepared again, also by many at once': async (t, { engine, index, find }) => {
    await index(aProductState({ title: 'Lamp' }));
    await Promise.all(Array.from({ length: 5 }, () => engine.index.prepare()));
    await index();
    t.deepEqual(titles(await find('')), ['Lamp']);
  },

  'of a product the newest version is found, however often and in whatever order they come': async (
    t,
    { engine, index, find },
  ) => {
    const one = aProductState({ title: 'Fifth', version: 5 });
    const write = (...changes: readonly ProductChange[]) => engine.index.writeProducts(changes);
    const found = async () => {
      await index();
      return titles(await find(''));
    };
    t.deepEqual(await write(), []);
    t.deepEqual(await write(put(one)), [true]);
    t.deepEqual(await write(put(one)), [false], 'it comes twice');
    t.deepEqual(await write(put({ ...one, title: 'Fourth', version: 4 })), [false]);
    t.deepEqual(await write(remove(one, 3)), [false]);
    t.deepEqual(await found(), ['Fifth']);
    const of = (version: number) => put({ ...one, title: `Of ${version}`, version });
    const other = put(aProductState({ title: 'Other' }));
    t.deepEqual(await write(of(6), of(4), of(8), other), [true, false, true, true], 'many at once, one by one');
    t.deepEqual((await found()).toSorted(), ['Of 8', 'Other']);
    await write(of(11), of(9), of(10));
    t.deepEqual((await found()).toSorted(), ['Of 11', 'Other']);
    const all = Array.from({ length: 30 }, (_, number) => of(41 - number));
    await Promise.all(all.map((change) => write(change)));
    t.deepEqual((await found()).toSorted(), ['Of 41', 'Other'], 'writers at once');
  },

  'a product that is removed or not for sale is not found, and no older event brings it back': async (
    t,
    { engine, index, find },
  ) => {
    const write = async (change: ProductChange) => (await engine.index.writeProducts([change]))[0];
    const found = async () => {
      await index();
      return titles(await find(''));
    };
    const one = aProductState({ title: 'Lamp', version: 5 });
    t.true(await write(put(one)));
    t.true(await write(remove(one, 6)));
    t.false(await write(remove(one, 6)), 'it comes twice');
    t.false(await write(put(one)));
    t.deepEqual(await found(), []);
    t.true(await write(put({ ...one, title: 'Restored', version: 7 })));
    t.deepEqual(await found(), ['Restored']);
    t.true(await write(put({ ...one, status: 'archived', version: 8 })));
    t.false(await write(put({ ...one, version: 7 })));
    t.deepEqual(await found(), []);
    const unheard = aProductState();
    t.true(await write(remove(unheard, 2)), 'the removal comes first');
    t.false(await write(put(unheard)));
    t.deepEqual(await found(), []);

    const minute = 60_000;
    const forget = (ms: number, limit: number) =>
      engine.index.forgetRemoved({ before: new Date(Date.now() + ms), limit });
    t.is(await forget(-minute, 10), 0, 'too young');
    t.is(await forget(minute, 1), 1);
    await index(one);
    t.is(await forget(minute, 10), 1);
    await index();
    t.is(await forget(minute, 10), 0);
  },

  'what an engine cannot store is refused for good, and keeps nothing else out': async (t, { engine, index, find }) => {
    const good = aProductState({ title: 'Good' });
    const broken = aProductState({ title: 'Broken', createdAt: 'some day' });
    const refused = { instanceOf: RefusedChangeError };
    await t.throwsAsync(engine.index.writeProducts([put(broken), put(good)]), refused, 'many at once fail as one');
    await t.throwsAsync(engine.index.writeProducts([put(broken)]), refused);
    await engine.index.writeProducts([put(good)]);
    await index();
    t.deepEqual(titles(await find('')), ['Good']);
    t.deepEqual(await engine.index.writeProducts([put({ ...broken, createdAt: good.createdAt })]), [true]);
  },

  'what is out of stock can be left out, in whatever order stock and product come': async (
    t,
    { engine, index, find },
  ) => {
    const apply = async (sku: string, version: number, availability: Availability) =>
      (await engine.index.writeStock([{ sku, version, availability }]))[0] === true;
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
  },

  'a product can be had as long as one of its variants can, and is found by any of their SKUs': async (
    t,
    { engine, index, find },
  ) => {
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
      t.deepEqual(await engine.index.writeStock([{ sku, version, availability }]), [true]);
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
    t.deepEqual(await engine.index.writeStock(both), [true, true, true, false]);
    await index();
    t.is((await find('q=shirt-l')).items[0].availability, 'in-stock', 'of a SKU the newest counts');
  },

  'changes of variants of one product at once end as if they came one by one': async (t, { engine, index, find }) => {
    const variants = Array.from({ length: 6 }, (_, number) => variant(`CAP-${number}`));
    await index(aProductState({ title: 'Cap', sku: 'CAP-0', variants }));
    const apply = (sku: string, version: number, availability: Availability) =>
      engine.index.writeStock([{ sku, version, availability }]);
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
  },
};
