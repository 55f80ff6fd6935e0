/** `/internal/v1`: for the order service; the gateway leads nobody here. */
import { noContent } from '#chassis/http/replies.ts';
import type { Route } from '#chassis/http/route.ts';
import { ProblemError, refused } from '#chassis/problem.ts';
import type { Role } from '#contracts/identity.ts';
import type { CartDeps } from '../deps.ts';
import type { CartOwner } from '../domain/cart.ts';
import { readQuote } from '../store/quotes.ts';
import { redeemCoupons, releaseCoupons } from '../store/redemptions.ts';
import { privateHeaders, route } from './deps.ts';
import {
  completeCartSchema,
  idParams,
  orderParams,
  redemptionResultSchema,
  redemptionSchema,
  releaseResultSchema,
  storedQuoteSchema,
} from './schemas.ts';

const tag = 'internal';
const services: readonly [Role, ...Role[]] = ['service'];

const getQuote = route(
  {
    operationId: 'getQuote',
    criticality: 'critical',
    method: 'GET',
    path: '/internal/v1/quotes/{id}',
    summary: 'Read a quote to make an order of it',
    description: 'Whose it is must be compared with who orders.',
    tag,
    access: services,
    params: idParams,
    responses: { 200: { description: 'The quote.', schema: storedQuoteSchema } },
    problems: ['not-found', 'quote-expired'],
  },
  async ({ params: { id } }, { database }) => {
    const quote = await readQuote(database.primary, id);
    if (quote === undefined) throw new ProblemError('not-found', `there is no quote ${id}`);
    if (quote.isExpired) throw new ProblemError('quote-expired', `the quote was good until ${quote.expiresAt}`);
    const { content, userId, expiresAt } = quote;
    return { status: 200, body: { ...content, id, userId, expiresAt }, headers: privateHeaders };
  },
);

const redeem = route(
  {
    operationId: 'redeemCoupons',
    criticality: 'critical',
    method: 'POST',
    path: '/internal/v1/coupon-redemptions',
    summary: 'Take one use of each coupon for an order',
    description: 'All or none, and once per order however often it is asked.',
    tag,
    access: services,
    body: { schema: redemptionSchema, description: 'The order and its coupons.' },
    responses: { 200: { description: 'Taken.', schema: redemptionResultSchema } },
    problems: ['coupon-exhausted', 'coupon-not-applicable'],
  },
  async ({ body: { orderId, userId, codes } }, { database }) => {
    const result = await redeemCoupons(database, { orderId, userId: userId ?? undefined, codes });
    if (result.state === 'refused') throw refused(result.refusal);
    return { status: 200, body: { state: result.state }, headers: privateHeaders };
  },
);

const release = route(
  {
    operationId: 'releaseCoupons',
    criticality: 'critical',
    method: 'DELETE',
    path: '/internal/v1/coupon-redemptions/{orderId}',
    summary: 'Give back the coupons of an order',
    description: 'When the order fails. What was given back cannot be taken for the same order again.',
    tag,
    access: services,
    params: orderParams,
    responses: { 200: { description: 'Given back.', schema: releaseResultSchema } },
  },
  async ({ params: { orderId } }, { database }) => ({
    status: 200,
    body: { released: await releaseCoupons(database, orderId) },
    headers: privateHeaders,
  }),
);

const complete = route(
  {
    operationId: 'completeCart',
    criticality: 'critical',
    method: 'POST',
    path: '/internal/v1/carts/complete',
    summary: 'Empty a cart that was ordered',
    description: 'A cart with another id than the ordered one is left alone.',
    tag,
    access: services,
    body: { schema: completeCartSchema, description: 'The cart and whose it is.' },
    responses: { 204: { description: 'Empty.' } },
  },
  async ({ body: { cartId, userId } }, { carts }) => {
    const owner: CartOwner = userId === null ? { kind: 'guest', cartId } : { kind: 'user', userId };
    await carts.complete(owner, cartId);
    return noContent();
  },
);

export const internalRoutes: readonly Route<CartDeps>[] = [getQuote, redeem, release, complete];
