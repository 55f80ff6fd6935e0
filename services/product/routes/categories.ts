/** `/api/v1/categories` */
import { z } from 'zod';
import { matchesETag, noContent, notModified, parseIfMatch, toETag } from '#chassis/http/replies.ts';
import type { Reply, Route } from '#chassis/http/route.ts';
import { ProblemError, refused } from '#chassis/problem.ts';
import { toTree } from '../domain/category.ts';
import {
  type CategoryResult,
  createCategory,
  deleteCategory,
  listCategories,
  readCategory,
  updateCategory,
} from '../store/categories.ts';
import { cachingFor, editors, type ProductDeps, readerFor, route } from './deps.ts';
import {
  categoryPatchSchema,
  categorySchema,
  categoryTreeSchema,
  idOrSlugParams,
  idParams,
  newCategorySchema,
} from './schemas.ts';

const tag = 'categories';
const etagHeader = { etag: 'Version of the category; send it as `If-Match` to change it.' };

const tree = route(
  {
    operationId: 'listCategories',
    method: 'GET',
    path: '/api/v1/categories',
    summary: 'The whole tree of categories',
    tag,
    access: 'public',
    responses: {
      200: { description: 'Categories at the top with their children inside.', schema: categoryTreeSchema },
    },
  },
  async ({ identity }, deps) => {
    const items = toTree(await listCategories(readerFor(deps, identity)));
    return { status: 200, body: { items }, headers: cachingFor(identity) };
  },
);

const read = route(
  {
    operationId: 'getCategory',
    method: 'GET',
    path: '/api/v1/categories/{idOrSlug}',
    summary: 'Read a category',
    tag,
    access: 'public',
    params: idOrSlugParams,
    responses: {
      200: { description: 'The category.', schema: categorySchema, headers: etagHeader },
      304: { description: 'The version in `If-None-Match` is still the present one.', headers: etagHeader },
    },
    problems: ['not-found'],
  },
  async ({ params, identity, ifNoneMatch }, deps) => {
    const key = z.uuid().safeParse(params.idOrSlug).success ? { id: params.idOrSlug } : { slug: params.idOrSlug };
    const category = await readCategory(readerFor(deps, identity), key);
    if (category === undefined) throw new ProblemError('not-found', `there is no category ${params.idOrSlug}`);
    const headers = { etag: toETag(category.version), ...cachingFor(identity) };
    if (matchesETag(ifNoneMatch, headers.etag)) return notModified(headers);
    return { status: 200, body: category, headers };
  },
);

const create = route(
  {
    operationId: 'createCategory',
    method: 'POST',
    path: '/api/v1/categories',
    summary: 'Add a category',
    tag,
    access: editors,
    body: { schema: newCategorySchema, description: 'The category.' },
    idempotency: 'optional',
    responses: {
      201: {
        description: 'Added.',
        schema: categorySchema,
        headers: { ...etagHeader, location: 'Address of the category.' },
      },
    },
    problems: ['slug-taken', 'category-unknown', 'category-cycle'],
  },
  async ({ body }, deps) => {
    const id = deps.newId();
    return toReply(await createCategory(deps.database, id, body), 201, { location: `/api/v1/categories/${id}` });
  },
);

const change = route(
  {
    operationId: 'updateCategory',
    method: 'PATCH',
    path: '/api/v1/categories/{id}',
    summary: 'Rename or move a category',
    description: 'Everything below it moves along.',
    tag,
    access: editors,
    params: idParams,
    body: {
      schema: categoryPatchSchema,
      description: 'The fields to change.',
      mediaTypes: ['application/merge-patch+json'],
    },
    precondition: 'if-match',
    responses: { 200: { description: 'Changed.', schema: categorySchema, headers: etagHeader } },
    problems: ['not-found', 'slug-taken', 'category-unknown', 'category-cycle'],
  },
  async ({ params, body, ifMatch }, deps) => {
    const target = { id: params.id, version: parseIfMatch(ifMatch) };
    return toReply(await updateCategory(deps.database, target, body), 200);
  },
);

const remove = route(
  {
    operationId: 'deleteCategory',
    method: 'DELETE',
    path: '/api/v1/categories/{id}',
    summary: 'Delete an empty category',
    tag,
    access: editors,
    params: idParams,
    precondition: 'if-match',
    responses: { 204: { description: 'Deleted.' } },
    problems: ['not-found', 'category-in-use'],
  },
  async ({ params, ifMatch }, deps) => {
    const result = await deleteCategory(deps.database, { id: params.id, version: parseIfMatch(ifMatch) });
    if (result.state === 'refused') throw refused(result.refusal);
    return noContent();
  },
);

export const categoryRoutes: readonly Route<ProductDeps>[] = [tree, read, create, change, remove];

function toReply(result: CategoryResult, status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  if (result.state === 'refused') throw refused(result.refusal);
  return { status, body: result.category, headers: { etag: toETag(result.category.version), ...headers } };
}
