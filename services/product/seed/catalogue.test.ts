import test from 'ava';
import { newCategorySchema, newProductSchema } from '../routes/schemas.ts';
import { makeCatalogue } from './catalogue.ts';

test('the catalogue is the same each time, and a smaller one is its beginning', (t) => {
  t.deepEqual(makeCatalogue(50), makeCatalogue(50));
  t.deepEqual(makeCatalogue(10).products, makeCatalogue(50).products.slice(0, 10));
});

test('ids, slugs and SKUs are unique and prices are in several currencies', (t) => {
  const { products, categories } = makeCatalogue();
  t.true(products.length >= 1000);
  for (const key of ['id', 'variantId', 'slug', 'sku'] as const) {
    t.is(new Set(products.map((product) => product[key])).size, products.length, key);
  }
  t.is(new Set(categories.map((category) => category.slug)).size, categories.length);
  t.true((products[0]?.prices.length ?? 0) >= 5);
});

test('every product would also be accepted from a client', (t) => {
  const { products, categories } = makeCatalogue();
  for (const { id: _id, variantId: _variantId, createdAt: _createdAt, prices, ...product } of products) {
    const asked = prices.map(({ compareAtMinor, ...price }) =>
      compareAtMinor === null ? price : { ...price, compareAtMinor },
    );
    t.true(newProductSchema.safeParse({ ...product, prices: asked }).success, product.slug);
  }
  for (const { id: _id, path: _path, ...category } of categories) t.true(newCategorySchema.safeParse(category).success);
});
