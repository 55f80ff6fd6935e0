/** `/api/v1/coupons`: for the staff. */
import { decodeCursor, encodeCursor } from '#chassis/http/cursor.ts';
import { parseIfMatch, toETag } from '#chassis/http/replies.ts';
import type { Reply, Route } from '#chassis/http/route.ts';
import { ProblemError, refused } from '#chassis/problem.ts';
import type { Role } from '#contracts/identity.ts';
import type { CartDeps } from '../deps.ts';
import { type CouponChange, createCoupon, listCoupons, readCoupon, updateCoupon } from '../store/coupons.ts';
import { privateHeaders, route } from './deps.ts';
import {
  couponPageSchema,
  couponPatchSchema,
  couponSchema,
  idParams,
  listCouponsQuery,
  newCouponSchema,
} from './schemas.ts';

const tag = 'coupons';
/** Whoever gives coupons away gives money away. */
const editors: readonly [Role, ...Role[]] = ['admin'];
const readers: readonly [Role, ...Role[]] = ['admin', 'support'];
const etagHeader = { etag: 'Version of the coupon; send it as `If-Match` to change it.' };

const list = route(
  {
    operationId: 'listCoupons',
    method: 'GET',
    path: '/api/v1/coupons',
    summary: 'List coupons, page by page',
    description: 'The newest first.',
    tag,
    access: readers,
    query: listCouponsQuery,
    responses: { 200: { description: 'A page.', schema: couponPageSchema } },
    problems: ['invalid-cursor'],
  },
  async ({ query: { limit, cursor, isActive } }, { database }) => {
    const filter = { isActive };
    const [, after] = cursor === undefined ? [] : decodeCursor(filter, cursor, 'text');
    // One row more than the page tells whether there is a next one.
    const rows = await listCoupons(database.primary, { after, isActive, limit: limit + 1 });
    const items = rows.slice(0, limit);
    const last = rows.length > limit ? items.at(-1) : undefined;
    const nextCursor = last === undefined ? null : encodeCursor(filter, ['', last.id]);
    return { status: 200, body: { items, nextCursor }, headers: privateHeaders };
  },
);

const read = route(
  {
    operationId: 'getCoupon',
    method: 'GET',
    path: '/api/v1/coupons/{id}',
    summary: 'Read a coupon',
    tag,
    access: readers,
    params: idParams,
    responses: { 200: { description: 'The coupon.', schema: couponSchema, headers: etagHeader } },
    problems: ['not-found'],
  },
  async ({ params: { id } }, { database }) => {
    const coupon = await readCoupon(database.primary, id);
    if (coupon === undefined) throw new ProblemError('not-found', `there is no coupon ${id}`);
    return { status: 200, body: coupon, headers: { ...privateHeaders, etag: toETag(coupon.version) } };
  },
);

const create = route(
  {
    operationId: 'createCoupon',
    method: 'POST',
    path: '/api/v1/coupons',
    summary: 'Add a coupon',
    tag,
    access: editors,
    body: { schema: newCouponSchema, description: 'The coupon.' },
    idempotency: 'optional',
    responses: {
      201: {
        description: 'Added.',
        schema: couponSchema,
        headers: { ...etagHeader, location: 'Address of the coupon.' },
      },
    },
    problems: ['coupon-code-taken'],
  },
  async ({ body }, deps) => {
    const id = deps.newId();
    return toReply(await createCoupon(deps.database, id, body), 201, { location: `/api/v1/coupons/${id}` });
  },
);

const change = route(
  {
    operationId: 'updateCoupon',
    method: 'PATCH',
    path: '/api/v1/coupons/{id}',
    summary: 'Change when and how often a coupon may be used',
    description:
      'A JSON merge patch: absent fields stay, null takes a limit away. What it gives stays: customers have seen it.',
    tag,
    access: editors,
    params: idParams,
    body: {
      schema: couponPatchSchema,
      description: 'The fields to change.',
      mediaTypes: ['application/merge-patch+json'],
    },
    precondition: 'if-match',
    responses: { 200: { description: 'Changed.', schema: couponSchema, headers: etagHeader } },
    problems: ['not-found'],
  },
  async ({ params: { id }, body, ifMatch }, { database }) =>
    toReply(await updateCoupon(database, { id, version: parseIfMatch(ifMatch) }, body), 200),
);

export const couponRoutes: readonly Route<CartDeps>[] = [list, read, create, change];

function toReply(result: CouponChange, status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  if (result.state === 'refused') throw refused(result.refusal);
  const { coupon } = result;
  return { status, body: coupon, headers: { ...privateHeaders, etag: toETag(coupon.version), ...headers } };
}
