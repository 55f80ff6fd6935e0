import test from 'ava';
import { readApiDescription } from '#chassis/testing/api-description.ts';
import { type Answer, type CallOptions, startUnderTest } from '#chassis/testing/service-under-test.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { productService } from './service.ts';
import { aCategory, aProduct } from './testing/factories.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

test('every operation answers as the served description says, in success and refusal', async (t) => {
  const service = await startUnderTest(t, productService, await databases.create());
  const served = await service.call('GET', '/openapi.json');
  t.is(served.json.openapi, '3.1.0');
  const api = readApiDescription(served.json);
  const used = new Map<string, Set<number>>();
  const call = async (
    id: string,
    params: Readonly<Record<string, string>>,
    options: CallOptions = {},
  ): Promise<Answer> => {
    const operation = api.operations.find((candidate) => candidate.id === id);
    if (operation === undefined) throw new Error(`${id} is not described`);
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
    const answer = await service.call(operation.method.toUpperCase(), path + (params['query'] ?? ''), options);
    t.is(api.findFault(operation, answer), undefined);
    used.set(id, (used.get(id) ?? new Set()).add(answer.status));
    return answer;
  };
  const admin: CallOptions = { roles: ['admin'] };
  const any = { ...admin, headers: { 'if-match': '*' } };

  const category = await call('createCategory', {}, { ...admin, body: aCategory() });
  await call('createCategory', {}, { ...admin, body: { ...category.json, id: undefined, version: undefined } });
  await call('createCategory', {}, { ...admin, body: {} });
  const categoryId: string = category.json.id;
  await call('listCategories', {});
  await call('getCategory', { idOrSlug: categoryId });
  await call('getCategory', { idOrSlug: 'nothing' });
  await call('updateCategory', { id: categoryId }, { ...any, body: { name: 'Other' } });
  await call('updateCategory', { id: categoryId }, { ...admin, body: { name: 'Other' } });

  const product = await call('createProduct', {}, { ...admin, body: aProduct({ categoryId }) });
  const id: string = product.json.id;
  await call('createProduct', {}, { ...admin, body: aProduct({ slug: product.json.slug }) });
  await call('createProduct', {}, { body: aProduct() });
  await call('createProduct', {}, { body: aProduct(), roles: ['customer'] });
  await call('listProducts', {});
  await call('listProducts', { query: '?limit=0' });
  await call('getProduct', { idOrSlug: id });
  await call('getProduct', { idOrSlug: id }, { headers: { 'if-none-match': '"v1"' } });
  await call('getProduct', { idOrSlug: 'nothing' });
  await call('updateProduct', { id }, { ...any, body: { title: 'Other' } });
  await call('updateProduct', { id }, { ...admin, headers: { 'if-match': '"v9"' }, body: { title: 'Other' } });
  await call('deleteCategory', { id: categoryId }, any);
  await call('deleteProduct', { id }, any);
  await call('restoreProduct', { id }, admin);
  await call('restoreProduct', { id }, admin);
  await call('deleteProduct', { id }, any);
  await call('deleteCategory', { id: categoryId }, any);

  t.deepEqual([...used.keys()].toSorted(), api.operations.map((operation) => operation.id).toSorted());
  for (const [operation, statuses] of used)
    t.true(
      [...statuses].some((status) => status < 400),
      operation,
    );
});
