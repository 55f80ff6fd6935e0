/** `/api/v1/products` */
import type { z } from 'zod';
import { decodeCursor, encodeCursor } from '#chassis/http/cursor.ts';
import { matchesETag, noContent, notModified, parseIfMatch, toETag } from '#chassis/http/replies.ts';
import type { Reply, Route } from '#chassis/http/route.ts';
import { ProblemError, refused } from '#chassis/problem.ts';
import { isUuid } from '../domain/keys.ts';
import type { ProductFilter } from '../domain/product.ts';
import { countProducts, type ListedProduct, listProducts, readProduct } from '../store/read-products.ts';
import {
  type ChangeResult,
  createProduct,
  deleteProduct,
  restoreProduct,
  updateProduct,
} from '../store/write-products.ts';
import { cachingFor, editors, isStaff, type ProductDeps, readerFor, route } from './deps.ts';
import {
  idOrSlugParams,
  idParams,
  listProductsQuery,
  newProductSchema,
  productPageSchema,
  productPatchSchema,
  productSchema,
} from './schemas.ts';

const tag = 'products';
const etagHeader = { etag: 'Version of the product; send it as `If-Match` to change it.' };
const mergePatch = ['application/merge-patch+json'];

/** An amount is the key then, a title or nothing otherwise. */
function sortsByPrice({ sort }: ProductFilter): boolean {
  return sort === 'price' || sort === '-price';
}

const list = route(
  {
    operationId: 'listProducts',
    method: 'GET',
    path: '/api/v1/products',
    summary: 'List products, page by page',
    description:
      'A page is stable while products are added: nothing is repeated and nothing that was there is skipped.',
    tag,
    access: 'public',
    query: listProductsQuery,
    responses: { 200: { description: 'A page.', schema: productPageSchema } },
    problems: ['invalid-cursor', 'forbidden'],
  },
  async ({ query, identity }, deps) => {
    if (query.status !== 'active' && !isStaff(identity))
      throw new ProblemError('forbidden', 'only staff see products that are not active');
    const filter = toFilter(query);
    const after =
      query.cursor === undefined
        ? undefined
        : decodeCursor(filter, query.cursor, sortsByPrice(filter) ? 'integer' : 'text');
    const reader = readerFor(deps, identity);
    // One row more than the page tells whether there is a next one.
    const rows = await listProducts(reader, { filter, after, limit: query.limit + 1 });
    const totalCount = query.count === 'exact' ? await countProducts(reader, filter) : undefined;
    return { status: 200, json: toPage(rows, query.limit, filter, totalCount), headers: cachingFor(identity) };
  },
);

const read = route(
  {
    operationId: 'getProduct',
    method: 'GET',
    path: '/api/v1/products/{idOrSlug}',
    summary: 'Read a product',
    tag,
    access: 'public',
    params: idOrSlugParams,
    responses: {
      200: { description: 'The product.', schema: productSchema, headers: etagHeader },
      304: { description: 'The version in `If-None-Match` is still the present one.', headers: etagHeader },
    },
    problems: ['not-found'],
  },
  async ({ params, identity, ifNoneMatch }, deps) => {
    const key = isUuid(params.idOrSlug) ? { id: params.idOrSlug } : { slug: params.idOrSlug };
    const options = { knownVersion: versionIn(ifNoneMatch), withUnpublished: isStaff(identity) };
    const product = await readProduct(readerFor(deps, identity), key, options);
    if (product === undefined) throw new ProblemError('not-found', `there is no product ${params.idOrSlug}`);
    const headers = { etag: toETag(product.version), ...cachingFor(identity) };
    if (product.json === null || matchesETag(ifNoneMatch, headers.etag)) return notModified(headers);
    return { status: 200, json: product.json, headers };
  },
);

const create = route(
  {
    operationId: 'createProduct',
    method: 'POST',
    path: '/api/v1/products',
    summary: 'Add a product',
    tag,
    access: editors,
    body: { schema: newProductSchema, description: 'The product.' },
    idempotency: 'optional',
    responses: {
      201: {
        description: 'Added.',
        schema: productSchema,
        headers: { ...etagHeader, location: 'Address of the product.' },
      },
    },
    problems: ['slug-taken', 'sku-taken', 'category-unknown'],
  },
  async ({ body }, deps) => {
    const ids = { productId: deps.newId(), variantId: deps.newId() };
    const result = await createProduct(deps.database.primary, ids, body);
    return toReply(result, 201, { location: `/api/v1/products/${ids.productId}` });
  },
);

const change = route(
  {
    operationId: 'updateProduct',
    method: 'PATCH',
    path: '/api/v1/products/{id}',
    summary: 'Change a product',
    description:
      'A JSON merge patch: absent fields stay, `prices` is replaced as a whole, a null attribute is removed.',
    tag,
    access: editors,
    params: idParams,
    body: { schema: productPatchSchema, description: 'The fields to change.', mediaTypes: mergePatch },
    precondition: 'if-match',
    responses: { 200: { description: 'Changed.', schema: productSchema, headers: etagHeader } },
    problems: ['not-found', 'slug-taken', 'sku-taken', 'category-unknown'],
  },
  async ({ params, body, ifMatch }, deps) => {
    const target = { id: params.id, version: parseIfMatch(ifMatch) };
    return toReply(await updateProduct(deps.database.primary, target, body), 200);
  },
);

const remove = route(
  {
    operationId: 'deleteProduct',
    method: 'DELETE',
    path: '/api/v1/products/{id}',
    summary: 'Delete a product',
    description: 'It can be restored as long as nobody took its slug or SKU.',
    tag,
    access: editors,
    params: idParams,
    precondition: 'if-match',
    responses: { 204: { description: 'Deleted.' } },
    problems: ['not-found'],
  },
  async ({ params, ifMatch }, deps) => {
    const result = await deleteProduct(deps.database.primary, { id: params.id, version: parseIfMatch(ifMatch) });
    if (result.state === 'refused') throw refused(result.refusal);
    return noContent();
  },
);

const restore = route(
  {
    operationId: 'restoreProduct',
    method: 'POST',
    path: '/api/v1/products/{id}/restore',
    summary: 'Restore a deleted product',
    tag,
    access: editors,
    params: idParams,
    responses: { 200: { description: 'Restored.', schema: productSchema, headers: etagHeader } },
    problems: ['not-found', 'slug-taken', 'sku-taken'],
  },
  async ({ params }, deps) => toReply(await restoreProduct(deps.database.primary, params.id), 200),
);

export const productRoutes: readonly Route<ProductDeps>[] = [list, read, create, change, remove, restore];

function toFilter(query: z.output<typeof listProductsQuery>): ProductFilter {
  const { sort, status, category, ids, skus, currency, minPrice, maxPrice } = query;
  return { sort, status, category, ids, skus, currency, minPriceMinor: minPrice, maxPriceMinor: maxPrice };
}

function toPage(
  rows: readonly ListedProduct[],
  limit: number,
  filter: ProductFilter,
  totalCount: number | undefined,
): string {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const nextCursor = last === undefined ? null : encodeCursor(filter, [last.key, last.id]);
  const total = totalCount === undefined ? '' : `,"totalCount":${totalCount}`;
  return `{"items":[${shown.map((row) => row.json).join(',')}],"nextCursor":${JSON.stringify(nextCursor)}${total}}`;
}

function toReply(result: ChangeResult, status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  if (result.state === 'refused') throw refused(result.refusal);
  return { status, json: result.json, headers: { etag: toETag(result.version), ...headers } };
}

/** The version that a single tag names; a list of tags is compared after reading. */
function versionIn(ifNoneMatch: string | undefined): number | undefined {
  const version = /^(?:W\/)?"v(\d{1,9})"$/.exec(ifNoneMatch ?? '')?.[1];
  return version === undefined ? undefined : Number(version);
}
