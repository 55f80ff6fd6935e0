/** `/api/v1/categories` */
import { decodeCursor, encodeCursor } from '#chassis/http/cursor.ts';
import { matchesETag, noContent, notModified, parseIfMatch, toETag } from '#chassis/http/replies.ts';
import type { Reply, Route } from '#chassis/http/route.ts';
import { ProblemError, refused } from '#chassis/problem.ts';
import type { CategoryFilter } from '../domain/category.ts';
import { isUuid } from '../domain/keys.ts';
import {
  type CategoryResult,
  createCategory,
  deleteCategory,
  readCategory,
  updateCategory,
} from '../store/categories.ts';
import { countCategories, type ListedCategory, listCategories } from '../store/list-categories.ts';
import {
  categoryPageSchema,
  categoryPatchSchema,
  categorySchema,
  listCategoriesQuery,
  newCategorySchema,
} from './category-schemas.ts';
import { cachingFor, editors, type ProductDeps, readerFor, route } from './deps.ts';
import { idOrSlugParams, idParams } from './page-schemas.ts';

const tag = 'categories';
const etagHeader = { etag: 'Version of the category; send it as `If-Match` to change it.' };

const list = route(
  {
    operationId: 'listCategories',
    method: 'GET',
    path: '/api/v1/categories',
    summary: 'List categories, page by page',
    description:
      'Level by level, so that a parent comes before its children; siblings by position and name. With `parentId` the tree can be built while reading. A page is stable while categories are added: nothing is repeated and nothing that stays in its place is skipped.',
    tag,
    access: 'public',
    query: listCategoriesQuery,
    responses: { 200: { description: 'A page.', schema: categoryPageSchema } },
    problems: ['invalid-cursor'],
  },
  async ({ query: { limit, cursor, count, parent, level }, identity }, deps) => {
    const filter = { parent, level };
    const after = cursor === undefined ? undefined : decodeCursor(filter, cursor, 'text');
    const reader = readerFor(deps, identity);
    // One row more than the page tells whether there is a next one.
    const rows = await listCategories(reader, { filter, after, limit: limit + 1 });
    const totalCount = count === 'exact' ? { totalCount: await countCategories(reader, filter) } : {};
    return { status: 200, body: { ...toPage(rows, limit, filter), ...totalCount }, headers: cachingFor(identity) };
  },
);

const read = route(
  {
    operationId: 'getCategory',
    method: 'GET',
    path: '/api/v1/categories/{id}',
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
    const key = isUuid(params.id) ? { id: params.id } : { slug: params.id };
    const category = await readCategory(readerFor(deps, identity), key);
    if (category === undefined) throw new ProblemError('not-found', `there is no category ${params.id}`);
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

export const categoryRoutes: readonly Route<ProductDeps>[] = [list, read, create, change, remove];

function toPage(rows: readonly ListedCategory[], limit: number, filter: CategoryFilter) {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(({ key: _key, ...category }) => category),
    nextCursor: last === undefined ? null : encodeCursor(filter, [last.key, last.id]),
  };
}

function toReply(result: CategoryResult, status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  if (result.state === 'refused') throw refused(result.refusal);
  return { status, body: result.category, headers: { etag: toETag(result.category.version), ...headers } };
}
