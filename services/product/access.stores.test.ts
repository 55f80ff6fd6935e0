import { randomUUID } from 'node:crypto';
import test from 'ava';
import type { CallOptions } from '#chassis/testing/service-under-test.ts';
import { type Role, roles } from '#contracts/identity.ts';
import { productService } from './service.ts';
import { aCategory, aProduct, aVariant } from './testing/factories.ts';
import {
  contentsOf,
  editor,
  type ProductUnderTest,
  startDatabases,
  startProduct,
} from './testing/product-under-test.ts';

const databases = await startDatabases();
test.after.always(() => databases.close());

const declarations = productService.routes.map(({ declaration }) => declaration);
const guarded = declarations.filter(({ access }) => access !== 'public');
const mayEdit: readonly Role[] = ['admin', 'catalog-manager'];

const json = (body: unknown): Pick<CallOptions, 'body'> => ({ body });
const bytes = (type: string, text: string): CallOptions => ({ bytes: text, headers: { 'content-type': type } });
/** Requests that these operations carry out for who may: a refusal is because of the caller and nothing else. */
const requests: Readonly<Record<string, () => CallOptions>> = {
  createProduct: () => json(aProduct()),
  updateProduct: () => json({ title: 'Other' }),
  createVariant: () => json(aVariant({ size: randomUUID() })),
  replaceVariants: () => json({ options: ['size'], variants: [aVariant({ size: 'S' })] }),
  updateVariant: () => json({ weightGrams: 1 }),
  replaceTimedPrices: () => json({ prices: [] }),
  replaceMedia: () => json({ media: [] }),
  createCategory: () => json(aCategory()),
  updateCategory: () => json({ name: 'Other' }),
  uploadMedia: () => bytes('image/gif', 'GIF89a'),
  importProducts: () => bytes('application/x-ndjson', `${JSON.stringify(aProduct())}\n`),
};

/** A product with two variants, a category, an import and one of each that was removed. */
async function arrange({ service, create, edit }: ProductUnderTest) {
  const sizes = ['S', 'M', 'L'].map((size) => aVariant({ size }));
  const { sku: _sku, prices: _prices, ...shirt } = aProduct();
  const body = { ...shirt, options: ['size'], variants: sizes };
  const product = (await service.call('POST', '/api/v1/products', { ...editor, body })).json;
  const deleted = (await create()).json;
  await edit('DELETE', `/api/v1/products/${deleted.id}`);
  const [, kept, removed] = product.variants;
  await edit('DELETE', `/api/v1/products/${product.id}/variants/${removed.id}`);
  const category = (await service.call('POST', '/api/v1/categories', { ...editor, body: aCategory() })).json;
  const rows = { ...editor, ...bytes('application/x-ndjson', '') };
  const job = (await service.call('POST', '/api/v1/imports?more=true', rows)).json;
  const idFor = (path: string, operationId: string): string => {
    if (path.includes('/categories/')) return category.id;
    if (path.includes('/imports/')) return job.id;
    return operationId === 'restoreProduct' ? deleted.id : product.id;
  };
  return (path: string, operationId: string): string =>
    path
      .replace('{id}', idFor(path, operationId))
      .replace('{variantId}', operationId === 'restoreVariant' ? removed.id : kept.id);
}

for (const { operationId, method, path } of guarded) {
  test(`${operationId}: guests and customers are refused, editors are not`, async (t) => {
    const rig = await startProduct(t, databases);
    const urlOf = await arrange(rig);
    const send = (role: Role | undefined) => {
      const request = requests[operationId]?.() ?? {};
      const headers = { 'if-match': '*', ...request.headers };
      const as = role === undefined ? {} : { roles: [role] };
      return rig.service.call(method, urlOf(path, operationId), { ...request, headers, ...as });
    };
    const before = await contentsOf(rig);
    const guest = await send(undefined);
    t.deepEqual([guest.status, guest.json.code], [401, 'authentication-required']);
    for (const role of roles.filter((one) => !mayEdit.includes(one))) {
      const answer = await send(role);
      t.deepEqual([answer.status, answer.json.code], [403, 'forbidden'], role);
    }
    t.is(await contentsOf(rig), before, 'nothing is stored or announced');
    t.true((await send('catalog-manager')).status < 300);
  });
}

test('every operation that changes something, and what only editors read, is in the matrix', (t) => {
  const open = declarations.filter(({ access }) => access === 'public');
  t.deepEqual(open.map(({ operationId, method }) => `${method} ${operationId}`).toSorted(), [
    'GET getCategory',
    'GET getMedia',
    'GET getProduct',
    'GET listCategories',
    'GET listProducts',
    'GET listVariants',
  ]);
  for (const { operationId, access } of guarded) t.deepEqual(access, ['admin', 'catalog-manager'], operationId);
});
