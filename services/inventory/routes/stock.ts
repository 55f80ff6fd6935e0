/** `/api/v1/stock`: levels, rules, adjustments and the ledger. */
import { decodeCursor, encodeCursor } from '#chassis/http/cursor.ts';
import { parseIfMatch, toETag } from '#chassis/http/replies.ts';
import type { Reply, Route } from '#chassis/http/route.ts';
import { ProblemError, refused } from '#chassis/problem.ts';
import type { InventoryDeps } from '../deps.ts';
import { readItem } from '../store/items.ts';
import { listLevels, readLevel } from '../store/levels.ts';
import { listMovements } from '../store/movements.ts';
import { type AdjustResult, adjustStock } from '../use-cases/adjust-stock.ts';
import { changePolicy } from '../use-cases/change-policy.ts';
import { actorOf, privateHeaders, route, stockKeepers } from './deps.ts';
import {
  adjustmentSchema,
  countSchema,
  itemPatchSchema,
  itemSchema,
  levelPageSchema,
  levelParams,
  levelSchema,
  listLevelsQuery,
  listMovementsQuery,
  movementPageSchema,
  newAdjustmentSchema,
  skuParams,
} from './schemas.ts';

const tag = 'stock';
const levelTag = { etag: 'Version of the stock, whatever is reserved of it; send it as `If-Match` with a count.' };
const itemTag = { etag: 'Version of the rules; send it as `If-Match` to change them.' };
/** Cursors have an id; movements are told apart by their number alone. */
const noId = '00000000-0000-0000-0000-000000000000';

const levels = route(
  {
    operationId: 'listStockLevels',
    method: 'GET',
    path: '/api/v1/stock/levels',
    summary: 'List what lies where, page by page',
    description: 'By SKU, then by warehouse.',
    tag,
    access: stockKeepers,
    query: listLevelsQuery,
    responses: { 200: { description: 'A page.', schema: levelPageSchema } },
    problems: ['invalid-cursor'],
  },
  async ({ query: { limit, cursor, sku, warehouse } }, { database }) => {
    const filter = ['levels', sku, warehouse];
    const after = cursor === undefined ? undefined : decodeCursor(filter, cursor, 'text');
    // One row more than the page tells whether there is a next one.
    const rows = await listLevels(database.primary, { sku, warehouseId: warehouse, after, limit: limit + 1 });
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    const nextCursor = last === undefined ? null : encodeCursor(filter, [last.sku, last.warehouseId]);
    return { status: 200, json: toPage(rows.slice(0, limit), nextCursor), headers: privateHeaders };
  },
);

const level = route(
  {
    operationId: 'getStockLevel',
    method: 'GET',
    path: '/api/v1/stock/levels/{warehouseId}/{sku}',
    summary: 'Read how much of a SKU lies in a warehouse',
    tag,
    access: stockKeepers,
    params: levelParams,
    responses: { 200: { description: 'The level.', schema: levelSchema, headers: levelTag } },
    problems: ['not-found'],
  },
  async ({ params }, { database }) => {
    const found = await readLevel(database.primary, params);
    if (found === undefined)
      throw new ProblemError('not-found', `there is no level of ${params.sku} in ${params.warehouseId}`);
    return { status: 200, json: found.json, headers: { ...privateHeaders, etag: toETag(found.version) } };
  },
);

const count = route(
  {
    operationId: 'countStockLevel',
    method: 'PUT',
    path: '/api/v1/stock/levels/{warehouseId}/{sku}',
    summary: 'Replace what is there by what was counted',
    description:
      'Refused when stock has come or gone since the level was read. Reservations do not matter, but what is promised must be there.',
    tag,
    access: stockKeepers,
    params: levelParams,
    body: { schema: countSchema, description: 'The count.' },
    precondition: 'if-match',
    responses: { 200: { description: 'Counted.', schema: adjustmentSchema } },
    problems: ['warehouse-unknown', 'stock-promised', 'reference-reused'],
  },
  async (input, deps) => {
    const { params, body, ifMatch } = input;
    const line = { ...params, counted: body.onHand, version: parseIfMatch(ifMatch) };
    const adjustment = { reference: body.reference, reason: 'corrected', lines: [line] } as const;
    return toReply(await adjustStock(deps, adjustment, actorOf(input)), 200);
  },
);

const item = route(
  {
    operationId: 'getStockItem',
    method: 'GET',
    path: '/api/v1/stock/items/{sku}',
    summary: 'Read the rules of a SKU',
    tag,
    access: stockKeepers,
    params: skuParams,
    responses: { 200: { description: 'The rules.', schema: itemSchema, headers: itemTag } },
    problems: ['not-found'],
  },
  async ({ params: { sku } }, { database }) => {
    const found = await readItem(database.primary, sku);
    if (found === undefined) throw new ProblemError('not-found', `there is no SKU ${sku}`);
    return { status: 200, json: found.json, headers: { ...privateHeaders, etag: toETag(found.version) } };
  },
);

const changeItem = route(
  {
    operationId: 'updateStockItem',
    method: 'PATCH',
    path: '/api/v1/stock/items/{sku}',
    summary: 'Change the rules of a SKU',
    description: 'What was sold ahead beyond a lowered cap stays sold; nothing is added to it.',
    tag,
    access: stockKeepers,
    params: skuParams,
    body: {
      schema: itemPatchSchema,
      description: 'The fields to change.',
      mediaTypes: ['application/merge-patch+json'],
    },
    precondition: 'if-match',
    responses: { 200: { description: 'Changed.', schema: itemSchema, headers: itemTag } },
    problems: ['not-found'],
  },
  async ({ params: { sku }, body, ifMatch }, deps) => {
    const result = await changePolicy(deps, { sku, version: parseIfMatch(ifMatch) }, body);
    if (result.state === 'refused') throw refused(result.refusal);
    const etag = toETag(result.item.version);
    return { status: 200, json: result.item.json, headers: { ...privateHeaders, etag } };
  },
);

const adjust = route(
  {
    operationId: 'adjustStock',
    method: 'POST',
    path: '/api/v1/stock/adjustments',
    summary: 'Add, take away or count stock in many places at once',
    description:
      'All lines or none, and once per `reference`: the same request again is answered as the first. A line with `version` is refused when stock has come or gone since that version was read.',
    tag,
    access: stockKeepers,
    body: { schema: newAdjustmentSchema, description: 'The changes.', limitBytes: 262_144 },
    responses: {
      200: { description: 'The reference was there before: the answer of then.', schema: adjustmentSchema },
      201: { description: 'Done.', schema: adjustmentSchema },
    },
    problems: ['warehouse-unknown', 'stock-promised', 'reference-reused', 'precondition-failed'],
  },
  async (input, deps) => toReply(await adjustStock(deps, input.body, actorOf(input)), 201),
);

const movements = route(
  {
    operationId: 'listStockMovements',
    method: 'GET',
    path: '/api/v1/stock/movements',
    summary: 'Read the ledger, page by page',
    description: 'The newest first. Nothing in it is ever changed or removed.',
    tag,
    access: stockKeepers,
    query: listMovementsQuery,
    responses: { 200: { description: 'A page.', schema: movementPageSchema } },
    problems: ['invalid-cursor'],
  },
  async ({ query: { limit, cursor, sku, warehouse, reference } }, { database }) => {
    const filter = ['movements', sku, warehouse, reference];
    const before = cursor === undefined ? undefined : Number(decodeCursor(filter, cursor, 'integer')[0]);
    const query = { sku, warehouseId: warehouse, reference, before, limit: limit + 1 };
    const rows = await listMovements(database.primary, query);
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    const nextCursor = last === undefined ? null : encodeCursor(filter, [last.id, noId]);
    return { status: 200, json: toPage(rows.slice(0, limit), nextCursor), headers: privateHeaders };
  },
);

export const stockRoutes: readonly Route<InventoryDeps>[] = [levels, level, count, item, changeItem, adjust, movements];

function toPage(rows: readonly { readonly json: string }[], nextCursor: string | null): string {
  return `{"items":[${rows.map(({ json }) => json).join(',')}],"nextCursor":${JSON.stringify(nextCursor)}}`;
}

function toReply(result: AdjustResult, statusWhenNew: number): Reply {
  if (result.state === 'refused') throw refused(result.refusal);
  return { status: result.isNew ? statusWhenNew : 200, json: result.json, headers: privateHeaders };
}
