import test from 'ava';
import { callAsDescribed, type DescribedCall } from '#chassis/testing/described-calls.ts';
import { type CallOptions, startUnderTest } from '#chassis/testing/service-under-test.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { productService } from './service.ts';
import { aCategory, aProduct, aShirt, aVariant } from './testing/factories.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const admin: CallOptions = { roles: ['admin'] };
const any = { ...admin, headers: { 'if-match': '*' } };

async function callVariants(call: DescribedCall): Promise<void> {
  const shirt = (await call('createProduct', {}, { ...admin, body: aShirt() })).json;
  const id: string = shirt.id;
  const variantId: string = shirt.variants[1].id;
  await call('listVariants', { query: `?ids=${variantId}` });
  await call('listVariants', { query: '?ids=1' });
  await call('createVariant', { id }, { ...any, body: aVariant({ colour: 'green', size: 'S' }) });
  await call('createVariant', { id }, { ...any, body: aVariant({ colour: 'green', size: 'S' }) });
  await call('createVariant', { id }, { ...any, body: aVariant() });
  await call('updateVariant', { id, variantId }, { ...any, body: { barcode: '1' } });
  await call('updateVariant', { id, variantId: id }, { ...any, body: { options: {} } });
  const prices = [{ currency: 'EUR', amountMinor: 1, validFrom: '2020-01-01T00:00:00Z' }];
  await call('replaceTimedPrices', { id, variantId }, { ...any, body: { prices } });
  await call('replaceTimedPrices', { id, variantId }, { ...any, body: { prices: [...prices, ...prices] } });
  await call('listTimedPrices', { id, variantId }, admin);
  await call('listTimedPrices', { id, variantId });
  await call('deleteVariant', { id, variantId }, any);
  await call('restoreVariant', { id, variantId }, any);
  await call('restoreVariant', { id, variantId }, any);
  await call('replaceVariants', { id }, { ...any, body: { options: [], variants: [aVariant()] } });
  await call('deleteVariant', { id, variantId }, any);
}

async function callImports(call: DescribedCall): Promise<void> {
  const headers = { 'content-type': 'application/x-ndjson' };
  const job = await call('importProducts', {}, { ...admin, headers, bytes: 'nonsense\n' });
  await call('importProducts', { query: `?job=${job.json.id}` }, { ...admin, headers, bytes: '' });
  await call('importProducts', {}, { ...admin, body: {} });
  await call('importProducts', {}, { ...admin, headers: { 'content-type': 'text/csv' }, bytes: 'a,b' });
  await call('getImport', { id: job.json.id }, admin);
  await call('getImport', { id: '01a20792-7531-7b89-86c5-c73c7e30f850' }, admin);
  await call('listImportErrors', { id: job.json.id }, admin);
  await call('exportProducts', {}, admin);
  await call('exportProducts', { query: '?format=csv' }, admin);
  await call('exportProducts', { query: '?format=xml' }, admin);
}

async function callMedia(call: DescribedCall, id: string): Promise<void> {
  const bytes = Buffer.from('GIF89a').toString('latin1');
  const file = await call('uploadMedia', {}, { ...admin, bytes, headers: { 'content-type': 'image/gif' } });
  await call('uploadMedia', {}, { ...admin, bytes, headers: { 'content-type': 'image/png' } });
  await call('getMedia', { id: file.json.id });
  await call('getMedia', { id });
  await call('replaceMedia', { id }, { ...any, body: { media: [{ fileId: file.json.id, alt: '' }] } });
  await call('replaceMedia', { id }, { ...any, body: { media: [{ fileId: id, alt: '' }] } });
}

test('every operation answers as the served description says, in success and refusal', async (t) => {
  const service = await startUnderTest(t, productService, await databases.create());
  const { call, assertAllWork } = await callAsDescribed(t, service);
  const category = await call('createCategory', {}, { ...admin, body: aCategory() });
  await call('createCategory', {}, { ...admin, body: { ...category.json, id: undefined, version: undefined } });
  await call('createCategory', {}, { ...admin, body: {} });
  const categoryId: string = category.json.id;
  await call('listCategories', {});
  await call('getCategory', { id: categoryId });
  await call('getCategory', { id: 'nothing' });
  await call('updateCategory', { id: categoryId }, { ...any, body: { name: 'Other' } });
  await call('updateCategory', { id: categoryId }, { ...admin, body: { name: 'Other' } });

  const product = await call('createProduct', {}, { ...admin, body: aProduct({ categoryId }) });
  const id: string = product.json.id;
  await call('createProduct', {}, { ...admin, body: aProduct({ slug: product.json.slug }) });
  await call('createProduct', {}, { body: aProduct() });
  await call('createProduct', {}, { body: aProduct(), roles: ['customer'] });
  await call('listProducts', {});
  await call('listProducts', { query: '?limit=0' });
  await call('getProduct', { id: id });
  await call('getProduct', { id: id }, { headers: { 'if-none-match': '"v1"' } });
  await call('getProduct', { id: 'nothing' });
  await call('updateProduct', { id }, { ...any, body: { title: 'Other' } });
  await call('updateProduct', { id }, { ...admin, headers: { 'if-match': '"v9"' }, body: { title: 'Other' } });
  await call('updateProduct', { id }, { ...any, body: { slug: 'renamed' } });
  t.is((await call('getProduct', { id: product.json.slug })).status, 301);
  await callVariants(call);
  await callMedia(call, id);
  await callImports(call);
  await call('deleteCategory', { id: categoryId }, any);
  await call('deleteProduct', { id }, any);
  await call('restoreProduct', { id }, admin);
  await call('restoreProduct', { id }, admin);
  await call('deleteProduct', { id }, any);
  await call('deleteCategory', { id: categoryId }, any);

  assertAllWork();
});
