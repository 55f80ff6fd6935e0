import test from 'ava';
import { newCategorySchema } from '../routes/category-schemas.ts';
import { newProductSchema } from '../routes/schemas.ts';
import { makeCatalogue } from './catalogue.ts';

test('the catalogue is the same each time, and a smaller one is its beginning', (t) => {
  t.deepEqual(makeCatalogue(50), makeCatalogue(50));
  t.deepEqual(makeCatalogue(10).products, makeCatalogue(50).products.slice(0, 10));
});

test('ids, slugs and SKUs are unique and prices are in several currencies', (t) => {
  const { products, categories } = makeCatalogue();
  t.true(products.length >= 1000);
  for (const key of ['id', 'slug'] as const) {
    t.is(new Set(products.map((product) => product[key])).size, products.length, key);
  }
  const variants = products.flatMap((product) => product.variants);
  t.true(variants.length > products.length);
  for (const key of ['id', 'sku', 'barcode'] as const) {
    t.is(new Set(variants.map((variant) => variant[key])).size, variants.length, key);
  }
  t.true(products.every(({ id, variants: [first] }) => first?.id === id));
  t.is(new Set(categories.map((category) => category.slug)).size, categories.length);
  t.true((variants[0]?.prices.length ?? 0) >= 5);
});

test('every product would also be accepted from a client', (t) => {
  const { products, categories } = makeCatalogue();
  for (const { id: _id, createdAt: _createdAt, variants, ...product } of products) {
    const asked = variants.map(({ id: _variantId, position: _position, ...variant }) => variant);
    t.true(newProductSchema.safeParse({ ...product, variants: asked }).success, product.slug);
  }
  for (const { id: _id, path: _path, ...category } of categories) t.true(newCategorySchema.safeParse(category).success);
});
