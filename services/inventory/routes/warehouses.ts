/** `/api/v1/warehouses` */
import { decodeCursor, encodeCursor } from '#chassis/http/cursor.ts';
import { parseIfMatch, toETag } from '#chassis/http/replies.ts';
import type { Reply, Route } from '#chassis/http/route.ts';
import { ProblemError, refused } from '#chassis/problem.ts';
import type { InventoryDeps } from '../deps.ts';
import {
  createWarehouse,
  listWarehouses,
  readWarehouse,
  updateWarehouse,
  type WarehouseResult,
} from '../store/warehouses.ts';
import { privateHeaders, route, stockKeepers } from './deps.ts';
import {
  idParams,
  listWarehousesQuery,
  newWarehouseSchema,
  warehousePageSchema,
  warehousePatchSchema,
  warehouseSchema,
} from './schemas.ts';

const tag = 'warehouses';
const path = '/api/v1/warehouses';
const etagHeader = { etag: 'Version of the warehouse; send it as `If-Match` to change it.' };

const list = route(
  {
    operationId: 'listWarehouses',
    method: 'GET',
    path,
    summary: 'List warehouses, page by page',
    description: 'By code.',
    tag,
    access: stockKeepers,
    query: listWarehousesQuery,
    responses: { 200: { description: 'A page.', schema: warehousePageSchema } },
    problems: ['invalid-cursor'],
  },
  async ({ query: { limit, cursor } }, { database }) => {
    const after = cursor === undefined ? undefined : String(decodeCursor(path, cursor, 'text')[0]);
    // One row more than the page tells whether there is a next one.
    const rows = await listWarehouses(database.primary, after, limit + 1);
    const items = rows.slice(0, limit);
    const last = rows.length > limit ? items.at(-1) : undefined;
    const nextCursor = last === undefined ? null : encodeCursor(path, [last.code, last.id]);
    return { status: 200, body: { items, nextCursor }, headers: privateHeaders };
  },
);

const read = route(
  {
    operationId: 'getWarehouse',
    method: 'GET',
    path: `${path}/{id}`,
    summary: 'Read a warehouse',
    tag,
    access: stockKeepers,
    params: idParams,
    responses: { 200: { description: 'The warehouse.', schema: warehouseSchema, headers: etagHeader } },
    problems: ['not-found'],
  },
  async ({ params: { id } }, { database }) => {
    const warehouse = await readWarehouse(database.primary, id);
    if (warehouse === undefined) throw new ProblemError('not-found', `there is no warehouse ${id}`);
    return toReply({ state: 'changed', warehouse }, 200);
  },
);

const create = route(
  {
    operationId: 'createWarehouse',
    method: 'POST',
    path,
    summary: 'Add a warehouse',
    tag,
    access: stockKeepers,
    body: { schema: newWarehouseSchema, description: 'The warehouse.' },
    idempotency: 'optional',
    responses: {
      201: {
        description: 'Added.',
        schema: warehouseSchema,
        headers: { ...etagHeader, location: 'Address of the warehouse.' },
      },
    },
    problems: ['warehouse-code-taken'],
  },
  async ({ body }, { database, newId }) => {
    const id = newId();
    return toReply(await createWarehouse(database.primary, id, body), 201, { location: `${path}/${id}` });
  },
);

const change = route(
  {
    operationId: 'updateWarehouse',
    method: 'PATCH',
    path: `${path}/{id}`,
    summary: 'Change a warehouse, or switch it off',
    description: 'Switched off, it keeps its stock and nothing of it is promised any more.',
    tag,
    access: stockKeepers,
    params: idParams,
    body: {
      schema: warehousePatchSchema,
      description: 'The fields to change.',
      mediaTypes: ['application/merge-patch+json'],
    },
    precondition: 'if-match',
    responses: { 200: { description: 'Changed.', schema: warehouseSchema, headers: etagHeader } },
    problems: ['not-found', 'warehouse-code-taken'],
  },
  async ({ params, body, ifMatch }, { database }) => {
    const target = { id: params.id, version: parseIfMatch(ifMatch) };
    return toReply(await updateWarehouse(database.primary, target, body), 200);
  },
);

export const warehouseRoutes: readonly Route<InventoryDeps>[] = [list, read, create, change];

function toReply(result: WarehouseResult, status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  if (result.state === 'refused') throw refused(result.refusal);
  const etag = toETag(result.warehouse.version);
  return { status, body: result.warehouse, headers: { ...privateHeaders, etag, ...headers } };
}
