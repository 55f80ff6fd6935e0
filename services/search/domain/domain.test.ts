import test from 'ava';
import fc from 'fast-check';
import { buildCategoryTree, type Category } from './categories.ts';
import { documentVersion, toDocument } from './document.ts';
import { fold, wordsOf } from './fold.ts';
import { priceStep } from './price-steps.ts';
import { findLoss, isComplete, mayContinue, type Rebuild } from './rebuild.ts';
import { compileSynonyms } from './synonyms.ts';

test('texts are compared without case and accents', (t) => {
  t.is(fold(' Crème BRÛLÉE '), 'creme brulee');
  t.deepEqual(wordsOf('Crème-brûlée, 3×'), ['creme', 'brulee', '3']);
  t.deepEqual(wordsOf('***'), []);
});

test('a question is split into words, and the longest terms of the rules are kept together', (t) => {
  const { segment } = compileSynonyms([
    { terms: ['sofa', 'couch', 'three seater sofa'] },
    { terms: ['TV'], expandsTo: ['television set'] },
  ]);
  t.deepEqual(segment('red Three-Seater sofa'), [
    { text: 'red', alternatives: [] },
    { text: 'Three-Seater sofa', alternatives: ['sofa', 'couch'] },
  ]);
  t.deepEqual(segment('tv ? couch'), [
    { text: 'tv', alternatives: ['television set'] },
    { text: 'couch', alternatives: ['sofa', 'three seater sofa'] },
  ]);
  t.deepEqual(segment('television'), [{ text: 'television', alternatives: [] }]);
  t.is(segment('word '.repeat(50)).length, 16);
});

test('no rule is lost however many there are of one term', (t) => {
  const { segment } = compileSynonyms([{ terms: ['a', 'b'] }, { terms: ['A', 'c'] }]);
  t.deepEqual(segment('a')[0]?.alternatives, ['b', 'c']);
});

const category = (id: string, parentId: string | null): Category => ({ id, parentId, slug: `slug-${id}`, name: id });

test('a category includes those below it, and counts add up', (t) => {
  const tree = buildCategoryTree([category('a', null), category('b', 'a'), category('c', 'b'), category('d', null)]);
  t.deepEqual(tree.within('slug-a'), ['a', 'b', 'c']);
  t.deepEqual(tree.within('c'), ['c']);
  t.deepEqual(tree.within('nowhere'), []);
  const counts = tree.rollUp(
    new Map([
      ['c', 2],
      ['b', 1],
      ['d', 1],
      ['gone', 9],
    ]),
  );
  t.deepEqual(
    counts.map(({ id, count }) => [id, count]),
    [
      ['a', 3],
      ['b', 3],
      ['c', 2],
      ['d', 1],
    ],
  );
});

test('a tree that was read while it changed may have a loop', (t) => {
  const tree = buildCategoryTree([category('a', 'b'), category('b', 'a')]);
  t.deepEqual(tree.within('a'), ['a', 'b']);
  t.is(tree.rollUp(new Map([['a', 1]])).length, 2);
});

test('a histogram has at most thirteen bars of a round width', (t) => {
  const amounts = fc.integer({ min: 0, max: 1_000_000_000_000 });
  fc.assert(
    fc.property(amounts, amounts, (one, other) => {
      const [min, max] = one < other ? [one, other] : [other, one];
      const step = priceStep(min, max);
      t.regex(String(step), /^[125]0*$/);
      t.true(Math.floor(max / step) - Math.floor(min / step) + 1 <= 13);
    }),
  );
  t.is(priceStep(7, 7), 1);
  t.is(priceStep(1000, 3990), 500);
});

test('an older version of a product never has the higher version of a document', (t) => {
  const versions = fc.integer({ min: 1, max: 2 ** 31 });
  fc.assert(fc.property(versions, (version) => documentVersion(version) + 1_000_000 < documentVersion(version + 1)));
  t.true(Number.isSafeInteger(documentVersion(2 ** 31)));
});

test('what is not for sale leaves a tombstone', (t) => {
  const product = {
    id: 'i',
    slug: 's',
    title: 'T',
    description: 'D',
    status: 'draft',
    categoryId: null,
    sku: 'K',
    prices: [{ currency: 'XTS', amountMinor: 5 }],
    attributes: { material: 'oak', weight: 3 },
    version: 2,
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
  };
  const now = new Date(0);
  const stock = new Map([['K', 'low-stock'] as const]);
  t.deepEqual(toDocument(product, stock, now), {
    isVisible: false,
    id: 'i',
    version: 2,
    removedAt: '1970-01-01T00:00:00.000Z',
  });
  t.like(toDocument({ ...product, status: 'active' }, stock, now), {
    isVisible: true,
    keywords: ['K', 'oak'],
    prices: {},
    availability: 'low-stock',
  });
});

test('a rebuild is gone on with by its worker, or by another one when its lease is over', (t) => {
  const running = { status: 'running', worker: 'a', leaseUntil: '2026-01-01T00:00:10Z' } as Rebuild; // what is read of it
  const [during, after] = [new Date('2026-01-01T00:00:09Z'), new Date('2026-01-01T00:00:10Z')];
  t.true(mayContinue(running, 'a', during));
  t.false(mayContinue(running, 'b', during));
  t.true(mayContinue(running, 'b', after));
  t.false(mayContinue({ ...running, status: 'done' }, 'a', after));
});

test('an index does not give way to one with less than half of its products', (t) => {
  const isLoss = (present: number, next: number) => findLoss(present, next) !== undefined;
  t.deepEqual([isLoss(1, 0), isLoss(1000, 0), isLoss(1000, 499)], [true, true, true]);
  t.deepEqual([isLoss(0, 0), isLoss(1000, 500), isLoss(10, 2000), isLoss(1, 1)], [false, false, false, false]);
  t.regex(findLoss(7, 0) ?? '', /has 7 products and the product service 0.*force=true/);
});

test('an index is complete when all products are in it, at the last look nearly all', (t) => {
  t.true(isComplete(100, 100, false));
  t.false(isComplete(99, 100, false));
  t.true(isComplete(995, 1000, true));
  t.false(isComplete(980, 1000, true));
  t.false(isComplete(0, 10, true));
});
