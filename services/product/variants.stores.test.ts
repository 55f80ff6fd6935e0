import test from 'ava';
import { aProduct, aShirt, aVariant } from './testing/factories.ts';
import {
  asTold,
  editor,
  type ProductUnderTest,
  products,
  startDatabases,
  startProduct,
} from './testing/product-under-test.ts';

const databases = await startDatabases();
test.after.always(() => databases.close());

interface Variant {
  readonly id: string;
  readonly sku: string;
  readonly options: Readonly<Record<string, string>>;
}

const createShirt = async ({ service }: ProductUnderTest, changes: Readonly<Record<string, unknown>> = {}) => {
  const answer = await service.call('POST', products, { ...editor, body: aShirt(changes) });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json;
};
const nobody = '01a20792-7531-7b89-86c5-c73c7e30f850';

test('a product has variants with options, SKUs, weights and prices; the first one is the default', async (t) => {
  const rig = await startProduct(t, databases);
  const variants = [
    aVariant({ size: 'S' }, { barcode: '4006381333931', weightGrams: 120 }),
    aVariant({ size: 'M' }, { prices: [{ currency: 'JPY', amountMinor: 900, compareAtMinor: 1000 }] }),
  ];
  const shirt = await createShirt(rig, { slug: 'shirt', options: ['size'], variants });
  t.is(shirt.variants[0].id, shirt.id, 'the default variant has the id of the product');
  t.is(shirt.sku, variants[0]?.['sku']);
  t.deepEqual(shirt.prices, shirt.variants[0].prices);
  t.deepEqual(shirt.options, ['size']);
  t.like(shirt.variants[0], { ...variants[0], availability: 'unknown' });
  t.like(shirt.variants[1], { ...variants[1], barcode: null, weightGrams: null });
  t.deepEqual((await rig.service.call('GET', `${products}/shirt`)).json, shirt);
  t.deepEqual((await rig.service.call('GET', products)).json.items, [shirt]);
  const simple = (await rig.create()).json;
  t.deepEqual([simple.options, simple.variants.length, simple.variants[0].id], [[], 1, simple.id]);
});

test('a variant is added, changed, removed and restored as a change of its product', async (t) => {
  const rig = await startProduct(t, databases);
  const shirt = await createShirt(rig);
  const path = `${products}/${shirt.id}/variants`;
  const added = await rig.edit('POST', path, aVariant({ colour: 'green', size: 'S' }), '"v1"');
  t.is(added.status, 201, added.text);
  t.is(added.headers.get('etag'), '"v2"');
  t.is(added.json.variants.length, 5);
  const green: Variant = added.json.variants[4];
  const patch = { sku: 'GREEN-L', options: { size: 'L', colour: 'green' }, barcode: '123', weightGrams: 5 };
  const changed = await rig.edit('PATCH', `${path}/${green.id}`, patch, '"v2"');
  t.like(changed.json.variants[4], { ...patch, id: green.id });
  t.deepEqual(changed.json.variants[4].prices, added.json.variants[4].prices, 'prices that are not named stay');
  t.is((await rig.edit('PATCH', `${path}/${green.id}`, { barcode: null }, '"v3"')).json.variants[4].barcode, null);
  t.is((await rig.edit('DELETE', `${path}/${green.id}`, undefined, '"v1"')).json.code, 'precondition-failed');
  t.is((await rig.edit('DELETE', `${path}/${green.id}`, undefined, '"v4"')).json.variants.length, 4);
  t.is((await rig.edit('DELETE', `${path}/${green.id}`)).json.code, 'not-found');
  t.is((await rig.edit('PATCH', `${path}/${green.id}`, { sku: 'X' })).json.code, 'not-found');
  const restored = await rig.edit('POST', `${path}/${green.id}/restore`);
  t.like(restored.json.variants[4], { id: green.id, sku: 'GREEN-L' });
  t.is((await rig.edit('POST', `${path}/${green.id}/restore`)).json.code, 'not-found');
  t.is((await rig.edit('POST', `${products}/${nobody}/variants`, aVariant())).json.code, 'not-found');
  t.is((await rig.service.call('POST', path, { body: aVariant() })).json.code, 'authentication-required');
});

test('each variant names every option of the product, and no two have the same values', async (t) => {
  const rig = await startProduct(t, databases);
  const shirt = await createShirt(rig);
  const path = `${products}/${shirt.id}/variants`;
  const [red] = shirt.variants;
  const incomplete = [{}, { colour: 'green' }, { colour: 'green', size: 'S', cut: 'slim' }, { Colour: 'x', size: 'S' }];
  for (const options of incomplete) {
    const refused = { code: 'validation-failed', errors: [{ pointer: '#/options' }] };
    t.like((await rig.edit('POST', path, aVariant(options))).json, refused);
    t.like((await rig.edit('PATCH', `${path}/${red.id}`, { options })).json, refused);
  }
  const taken = { size: 'M', colour: 'blue' };
  t.is((await rig.edit('POST', path, aVariant(taken))).json.code, 'variant-options-taken');
  t.is((await rig.edit('PATCH', `${path}/${red.id}`, { options: taken })).json.code, 'variant-options-taken');
  t.is((await rig.edit('POST', path, aVariant({ colour: 'x', size: 'y' }, { sku: red.sku }))).json.code, 'sku-taken');
  const twice = aShirt({ variants: [aVariant({ colour: 'a', size: 'b' }), aVariant({ size: 'b', colour: 'a' })] });
  t.is((await rig.service.call('POST', products, { ...editor, body: twice })).json.code, 'validation-failed');
  const missing = aShirt({ options: ['colour'] });
  t.is((await rig.service.call('POST', products, { ...editor, body: missing })).json.code, 'validation-failed');
  const both = { ...aShirt(), sku: 'A' };
  t.like((await rig.service.call('POST', products, { ...editor, body: both })).json.errors, [{ pointer: '#/sku' }]);
  const neither = { ...aProduct(), sku: undefined };
  t.like((await rig.service.call('POST', products, { ...editor, body: neither })).json.errors, [
    { pointer: '#/sku', detail: 'is required' },
  ]);
  t.is((await rig.service.call('GET', `${products}/${shirt.id}`)).json.version, 1, 'nothing of that was done');
});

test('of many that add one combination at once, one does; the others are told', async (t) => {
  const rig = await startProduct(t, databases);
  const shirt = await createShirt(rig);
  const add = (index: number) =>
    rig.edit(
      'POST',
      `${products}/${shirt.id}/variants`,
      aVariant({ colour: 'green', size: 'S' }, { sku: `G${index}` }),
    );
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => add(index)));
  const codes = answers.map(({ status, json }) => (status === 201 ? 'added' : json.code)).toSorted();
  t.deepEqual(codes, ['added', ...Array.from({ length: 19 }, () => 'variant-options-taken')]);
  const after = (await rig.service.call('GET', `${products}/${shirt.id}`)).json;
  t.deepEqual([after.variants.length, after.version], [5, 2]);
});

test('of many that take one SKU at once in different products, one does', async (t) => {
  const rig = await startProduct(t, databases);
  const shirts = await Promise.all(Array.from({ length: 8 }, () => createShirt(rig)));
  const answers = await Promise.all(
    shirts.map(({ id }) =>
      rig.edit('POST', `${products}/${id}/variants`, aVariant({ colour: 'x', size: 'y' }, { sku: 'ONE' })),
    ),
  );
  const statuses = answers.map(({ status }) => status).toSorted();
  t.deepEqual(statuses, [201, ...Array.from({ length: 7 }, () => 409)]);
});

test('a product keeps one variant, and the next one is the default when the default goes', async (t) => {
  const rig = await startProduct(t, databases);
  const shirt = await createShirt(rig);
  const path = `${products}/${shirt.id}/variants`;
  const [first, second, ...others]: Variant[] = shirt.variants;
  const left = (await rig.edit('DELETE', `${path}/${first?.id}`)).json;
  t.is(left.sku, second?.sku);
  t.deepEqual(
    left.variants.map(({ id }: Variant) => id),
    [second, ...others].map((variant) => variant?.id),
  );
  for (const { id } of others) t.is((await rig.edit('DELETE', `${path}/${id}`)).status, 200);
  t.is((await rig.edit('DELETE', `${path}/${second?.id}`)).json.code, 'last-variant');
  const back = (await rig.edit('POST', `${path}/${first?.id}/restore`)).json;
  t.deepEqual(
    back.variants.map(({ id }: Variant) => id),
    [second?.id, first?.id],
  );
});

test('what was removed before stays removed when a deleted product is restored', async (t) => {
  const rig = await startProduct(t, databases);
  const shirt = await createShirt(rig);
  await rig.edit('DELETE', `${products}/${shirt.id}/variants/${shirt.variants[1].id}`);
  const before = (await rig.service.call('GET', `${products}/${shirt.id}`)).json;
  t.is((await rig.edit('DELETE', `${products}/${shirt.id}`)).status, 204);
  const taken = await createShirt(rig, { variants: [aVariant({ colour: 'a', size: 'b' }, { sku: shirt.sku })] });
  t.is((await rig.edit('POST', `${products}/${shirt.id}/restore`)).json.code, 'sku-taken');
  await rig.edit('DELETE', `${products}/${taken.id}`);
  const restored = (await rig.edit('POST', `${products}/${shirt.id}/restore`)).json;
  t.deepEqual(restored.variants, before.variants);
});

test('the whole matrix is replaced: who keeps its SKU keeps its id, places and options may be exchanged', async (t) => {
  const rig = await startProduct(t, databases);
  const shirt = await createShirt(rig);
  const [a, b]: Variant[] = shirt.variants;
  const exchanged = {
    options: ['size', 'colour'],
    variants: [
      aVariant(b?.options, { sku: a?.sku }),
      aVariant({ colour: 'green', size: 'XL' }),
      aVariant(a?.options, { sku: b?.sku, prices: [{ currency: 'USD', amountMinor: 1 }] }),
    ],
  };
  const path = `${products}/${shirt.id}/variants`;
  const replaced = await rig.edit('PUT', path, exchanged, '"v1"');
  t.is(replaced.status, 200, replaced.text);
  t.deepEqual(replaced.json.options, ['size', 'colour']);
  t.like(replaced.json.variants, [
    { id: a?.id, sku: a?.sku, options: b?.options },
    { sku: exchanged.variants[1]?.['sku'] },
    { id: b?.id, options: a?.options, prices: [{ currency: 'USD', amountMinor: 1 }] },
  ]);
  const simple = await rig.create();
  const others = {
    options: ['size'],
    variants: [aVariant({ size: 'S' }, { sku: simple.json.sku }), aVariant({ size: 'M' })],
  };
  const grown = await rig.edit('PUT', `${products}/${simple.json.id}/variants`, others);
  t.is(grown.json.variants[0].id, simple.json.id);
  const wrong = { options: ['size'], variants: [aVariant({ size: 'S' }), aVariant({ cut: 'M' })] };
  t.is((await rig.edit('PUT', path, wrong)).json.code, 'validation-failed');
  t.is((await rig.edit('PUT', path, { options: [], variants: [] })).json.code, 'validation-failed');
  t.deepEqual((await rig.service.call('GET', `${products}/${shirt.id}`)).json, replaced.json, 'refused: unchanged');
});

test('a product has 100 variants at most, also when many add at once', async (t) => {
  const rig = await startProduct(t, databases);
  const many = (count: number) => Array.from({ length: count }, (_, index) => aVariant({ n: `${index}` }));
  const shirt = await createShirt(rig, { options: ['n'], variants: many(97) });
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      rig.edit('POST', `${products}/${shirt.id}/variants`, aVariant({ n: `new ${index}` })),
    ),
  );
  const codes = answers.map(({ status, json }) => (status === 201 ? 'added' : json.code)).toSorted();
  t.deepEqual(codes, [
    ...Array.from({ length: 3 }, () => 'added'),
    ...Array.from({ length: 5 }, () => 'too-many-variants'),
  ]);
  const body = aShirt({ options: ['n'], variants: many(101) });
  t.is((await rig.service.call('POST', products, { ...editor, body })).json.code, 'validation-failed');
});

test('a batch of products and of variants is read by their ids, without what is not shown', async (t) => {
  const rig = await startProduct(t, databases);
  const shirts = [await createShirt(rig), await createShirt(rig), await createShirt(rig, { status: 'draft' })];
  const [first, second, draft] = shirts;
  const one: Variant = first.variants[2];
  const two: Variant = second.variants[0];
  const ids = [two.id, nobody, draft.variants[0].id, one.id].join(',');
  const answer = await rig.service.call('GET', `/api/v1/variants?ids=${ids}`);
  t.deepEqual(answer.json.items, [
    { ...two, product: { id: second.id, slug: second.slug, title: second.title, status: 'active', version: 1 } },
    { ...one, product: { id: first.id, slug: first.slug, title: first.title, status: 'active', version: 1 } },
  ]);
  t.is((await rig.service.call('GET', `/api/v1/variants?ids=${ids}`, { roles: ['service'] })).json.items.length, 3);
  const listed = await rig.service.call('GET', `${products}?variantIds=${ids}&sort=oldest`);
  t.deepEqual(listed.json.items, [first, second]);
  const hundred = Array.from({ length: 100 }, (_, index) => (index < 30 ? one.id : nobody)).join(',');
  t.is((await rig.service.call('GET', `/api/v1/variants?ids=${hundred}`)).status, 200, 'a URL with 100 ids fits');
  t.is((await rig.service.call('GET', `/api/v1/variants?ids=${hundred},${one.id}`)).status, 400);
  t.is((await rig.service.call('GET', `/api/v1/variants`)).status, 400);
  const made = await Promise.all(Array.from({ length: 25 }, () => rig.create()));
  const all = made.map(({ json }) => json.id);
  t.is((await rig.service.call('GET', `${products}?ids=${all.join(',')}`)).json.items.length, 25, 'in one page');
  t.is((await rig.service.call('GET', `${products}?skus=${one.sku}`)).json.items[0].id, first.id, 'of any variant');
});

test('events carry the product with all variants, and name each price that changed', async (t) => {
  const rig = await startProduct(t, databases);
  const shirt = await createShirt(rig);
  const target = shirt.variants[2];
  const prices = [
    { currency: 'EUR', amountMinor: 1 },
    { currency: 'USD', amountMinor: 2 },
  ];
  const changed = (await rig.edit('PATCH', `${products}/${shirt.id}/variants/${target.id}`, { prices })).json;
  await rig.edit('DELETE', `${products}/${shirt.id}/variants/${target.id}`);
  const events = await rig.events();
  t.deepEqual(
    events.map(({ type }) => type),
    ['created', 'updated', 'price-changed', 'updated'].map((name) => `shop.product.${name}.v1`),
  );
  t.deepEqual(events[0]?.data['product'], asTold(shirt));
  t.deepEqual(events[2]?.data['product'], asTold(changed));
  t.deepEqual(events[2]?.data['previousPrices'], shirt.prices);
  const of = { variantId: target.id, sku: target.sku };
  const [eur, usd] = changed.variants[2].prices;
  t.deepEqual(events[2]?.data['changes'], [
    { ...of, currency: 'EUR', before: target.prices[0], after: eur },
    { ...of, currency: 'USD', before: null, after: usd },
  ]);
});
