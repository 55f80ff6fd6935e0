/** `/api/v1/products` */
import type { z } from 'zod';
import { decodeCursor, encodeCursor } from '#chassis/http/cursor.ts';
import { matchesETag, noContent, notModified } from '#chassis/http/replies.ts';
import type { Route } from '#chassis/http/route.ts';
import { ProblemError, refused } from '#chassis/problem.ts';
import { isUuid } from '../domain/keys.ts';
import { type ProductFilter, toNewProduct } from '../domain/product.ts';
import { countProducts, type ListedProduct, listProducts, readProduct } from '../store/read-products.ts';
import { createProduct, deleteProduct, restoreProduct, updateProduct } from '../store/write-products.ts';
import { cachingFor, editors, isStaff, type ProductDeps, readerFor, route } from './deps.ts';
import { parseKnownVersion, parseProductIfMatch, productETag } from './etags.ts';
import { idOrSlugParams, idParams } from './page-schemas.ts';
import { changed, etagHeader, mergePatch, toReply } from './product-replies.ts';
import {
  listProductsQuery,
  newProductSchema,
  productPageSchema,
  productPatchSchema,
  productSchema,
} from './schemas.ts';

const tag = 'products';

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
    const limit = query.limit ?? defaultLimit(filter);
    // One row more than the page tells whether there is a next one.
    const rows = await listProducts(reader, { filter, after, limit: limit + 1 });
    const totalCount = query.count === 'exact' ? await countProducts(reader, filter) : undefined;
    return { status: 200, json: toPage(rows, limit, filter, totalCount), headers: cachingFor(identity) };
  },
);

const read = route(
  {
    operationId: 'getProduct',
    method: 'GET',
    path: '/api/v1/products/{id}',
    summary: 'Read a product',
    tag,
    access: 'public',
    params: idOrSlugParams,
    responses: {
      200: { description: 'The product.', schema: productSchema, headers: etagHeader },
      301: {
        description: 'The product had this slug before.',
        headers: { location: 'Address of the product with its present slug.' },
      },
      304: { description: 'The version in `If-None-Match` is still the present one.', headers: etagHeader },
    },
    problems: ['not-found'],
  },
  async ({ params, identity, ifNoneMatch }, deps) => {
    const key = isUuid(params.id) ? { id: params.id } : { slug: params.id };
    const options = { known: parseKnownVersion(ifNoneMatch), withUnpublished: isStaff(identity) };
    const product = await readProduct(readerFor(deps, identity), key, options);
    if (product === undefined) throw new ProblemError('not-found', `there is no product ${params.id}`);
    if (product.movedTo !== null)
      return { status: 301, headers: { location: `/api/v1/products/${product.movedTo}`, ...cachingFor(identity) } };
    const headers = { etag: productETag(product), ...cachingFor(identity) };
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
    description:
      'With one variant, `sku` and `prices` are enough; otherwise `options` and `variants` say what there is.',
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
    const result = await createProduct(deps, deps.newId, toNewProduct(body));
    return toReply(result, 201, (id) => `/api/v1/products/${id}`);
  },
);

const change = route(
  {
    operationId: 'updateProduct',
    method: 'PATCH',
    path: '/api/v1/products/{id}',
    summary: 'Change a product',
    description:
      'A JSON merge patch: absent fields stay, `prices` is replaced as a whole, a null attribute is removed. SKU and prices are those of the default variant; a slug that was replaced leads to the present one.',
    tag,
    access: editors,
    params: idParams,
    body: { schema: productPatchSchema, description: 'The fields to change.', mediaTypes: mergePatch },
    precondition: 'if-match',
    responses: changed,
    problems: ['not-found', 'slug-taken', 'sku-taken', 'category-unknown'],
  },
  async ({ params, body, ifMatch }, deps) => {
    const target = { id: params.id, version: parseProductIfMatch(ifMatch) };
    return toReply(await updateProduct(deps, target, body), 200);
  },
);

const remove = route(
  {
    operationId: 'deleteProduct',
    method: 'DELETE',
    path: '/api/v1/products/{id}',
    summary: 'Delete a product',
    description: 'It can be restored as long as nobody took its slug or a SKU.',
    tag,
    access: editors,
    params: idParams,
    precondition: 'if-match',
    responses: { 204: { description: 'Deleted.' } },
    problems: ['not-found'],
  },
  async ({ params, ifMatch }, deps) => {
    const result = await deleteProduct(deps, { id: params.id, version: parseProductIfMatch(ifMatch) });
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
  async ({ params }, deps) => toReply(await restoreProduct(deps, params.id), 200),
);

export const productRoutes: readonly Route<ProductDeps>[] = [list, read, create, change, remove, restore];

function toFilter(query: z.output<typeof listProductsQuery>): ProductFilter {
  const { sort, status, category, ids, variantIds, skus, currency, minPrice, maxPrice } = query;
  return { sort, status, category, ids, variantIds, skus, currency, minPriceMinor: minPrice, maxPriceMinor: maxPrice };
}

/** Who names what they want gets it in one page. */
function defaultLimit({ ids, variantIds, skus }: ProductFilter): number {
  return ids?.length ?? variantIds?.length ?? skus?.length ?? 20;
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
