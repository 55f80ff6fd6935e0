/** `/api/v1/products/{id}/variants` and what variants cost. */
import type { Route } from '#chassis/http/route.ts';
import { ProblemError } from '#chassis/problem.ts';
import { readVariants } from '../store/read-products.ts';
import { readTimedPrices, replaceTimedPrices } from '../store/timed-prices.ts';
import { addVariant, removeVariant, replaceVariants, restoreVariant, updateVariant } from '../store/write-variants.ts';
import { cachingFor, editors, isStaff, type ProductDeps, readerFor, route } from './deps.ts';
import { parseProductIfMatch, productETag } from './etags.ts';
import {
  newVariantSchema,
  storedTimedPricesSchema,
  timedPricesSchema,
  variantPatchSchema,
  variantSetSchema,
} from './fields.ts';
import { idParams, variantParams } from './page-schemas.ts';
import { changed, etagHeader, mergePatch, toReply } from './product-replies.ts';
import { productSchema, variantListSchema, variantsQuery } from './schemas.ts';

const tag = 'variants';

const toTarget = (id: string, ifMatch: string) => ({ id, version: parseProductIfMatch(ifMatch) });

const list = route(
  {
    operationId: 'listVariants',
    method: 'GET',
    path: '/api/v1/variants',
    summary: 'Read variants by their ids',
    description:
      'What a cart asks to price its lines again: up to 100 variants with the prices in force, in the order of `ids`. Those that are not there (any more) are left out.',
    tag,
    access: 'public',
    query: variantsQuery,
    responses: { 200: { description: 'The variants.', schema: variantListSchema } },
  },
  async ({ query, identity }, deps) => {
    const options = { withUnpublished: isStaff(identity) };
    const json = await readVariants(readerFor(deps, identity), query.ids, options);
    return { status: 200, json, headers: cachingFor(identity) };
  },
);

const add = route(
  {
    operationId: 'createVariant',
    method: 'POST',
    path: '/api/v1/products/{id}/variants',
    summary: 'Add a variant',
    description: 'It has a value for each option of the product. A product has at most 100 variants.',
    tag,
    access: editors,
    params: idParams,
    body: { schema: newVariantSchema, description: 'The variant.' },
    precondition: 'if-match',
    idempotency: 'optional',
    responses: { 201: { description: 'Added.', schema: productSchema, headers: etagHeader } },
    problems: ['not-found', 'sku-taken', 'variant-options-taken', 'too-many-variants'],
  },
  async ({ params, body, ifMatch }, deps) => {
    const variant = { id: deps.newId(), ...body };
    return toReply(await addVariant(deps, toTarget(params.id, ifMatch), variant), 201);
  },
);

const replaceAll = route(
  {
    operationId: 'replaceVariants',
    method: 'PUT',
    path: '/api/v1/products/{id}/variants',
    summary: 'Replace the options and variants of a product',
    description:
      'The product has exactly these variants then, in this order. One with the SKU of a present variant is that variant and keeps its id; what is not in the list is removed. The way to give a product other options.',
    tag,
    access: editors,
    params: idParams,
    body: { schema: variantSetSchema, description: 'Options and variants.', limitBytes: 196_608 },
    precondition: 'if-match',
    responses: changed,
    problems: ['not-found', 'sku-taken', 'variant-options-taken'],
  },
  async ({ params, body, ifMatch }, deps) =>
    toReply(await replaceVariants(deps, toTarget(params.id, ifMatch), body, deps.newId), 200),
);

const change = route(
  {
    operationId: 'updateVariant',
    method: 'PATCH',
    path: '/api/v1/products/{id}/variants/{variantId}',
    summary: 'Change a variant',
    description: 'A JSON merge patch, but `options` and `prices` are replaced as a whole.',
    tag,
    access: editors,
    params: variantParams,
    body: { schema: variantPatchSchema, description: 'The fields to change.', mediaTypes: mergePatch },
    precondition: 'if-match',
    responses: changed,
    problems: ['not-found', 'sku-taken', 'variant-options-taken'],
  },
  async ({ params, body, ifMatch }, deps) =>
    toReply(await updateVariant(deps, toTarget(params.id, ifMatch), params.variantId, body), 200),
);

const remove = route(
  {
    operationId: 'deleteVariant',
    method: 'DELETE',
    path: '/api/v1/products/{id}/variants/{variantId}',
    summary: 'Remove a variant',
    description:
      'When it was the default, the next one is. It can be restored as long as nobody took its SKU or options.',
    tag,
    access: editors,
    params: variantParams,
    precondition: 'if-match',
    responses: changed,
    problems: ['not-found', 'last-variant'],
  },
  async ({ params, ifMatch }, deps) =>
    toReply(await removeVariant(deps, toTarget(params.id, ifMatch), params.variantId), 200),
);

const restore = route(
  {
    operationId: 'restoreVariant',
    method: 'POST',
    path: '/api/v1/products/{id}/variants/{variantId}/restore',
    summary: 'Restore a removed variant',
    description: 'It is the last one then.',
    tag,
    access: editors,
    params: variantParams,
    precondition: 'if-match',
    responses: changed,
    problems: ['not-found', 'sku-taken', 'variant-options-taken', 'too-many-variants', 'validation-failed'],
  },
  async ({ params, ifMatch }, deps) =>
    toReply(await restoreVariant(deps, toTarget(params.id, ifMatch), params.variantId), 200),
);

const readTimed = route(
  {
    operationId: 'listTimedPrices',
    method: 'GET',
    path: '/api/v1/products/{id}/variants/{variantId}/timed-prices',
    summary: 'Read the timed prices of a variant',
    tag,
    access: editors,
    params: variantParams,
    responses: { 200: { description: 'All of them.', schema: storedTimedPricesSchema, headers: etagHeader } },
    problems: ['not-found'],
  },
  async ({ params: { id, variantId } }, deps) => {
    const found = await readTimedPrices(deps.database.primary, id, variantId);
    if (found === undefined) throw new ProblemError('not-found', `the product ${id} has no variant ${variantId}`);
    return { status: 200, json: `{"prices":${found.json}}`, headers: { etag: productETag(found) } };
  },
);

const replaceTimed = route(
  {
    operationId: 'replaceTimedPrices',
    method: 'PUT',
    path: '/api/v1/products/{id}/variants/{variantId}/timed-prices',
    summary: 'Replace the timed prices of a variant',
    description:
      'A timed price is in force instead of the regular one from `validFrom` until `validTo`, a moment late at most. When it begins and when it ends, the product gets another version and the change is announced.',
    tag,
    access: editors,
    params: variantParams,
    body: { schema: timedPricesSchema, description: 'All timed prices.' },
    precondition: 'if-match',
    responses: changed,
    problems: ['not-found'],
  },
  async ({ params, body, ifMatch }, deps) => {
    const change = { variantId: params.variantId, prices: body.prices, newId: deps.newId };
    return toReply(await replaceTimedPrices(deps, toTarget(params.id, ifMatch), change), 200);
  },
);

export const variantRoutes: readonly Route<ProductDeps>[] = [
  list,
  add,
  replaceAll,
  change,
  remove,
  restore,
  readTimed,
  replaceTimed,
];
