/** `/api/v1/carts` */
import { createHash } from 'node:crypto';
import type { Route } from '#chassis/http/route.ts';
import { ProblemError } from '#chassis/problem.ts';
import { cartCookie, headers as headerNames } from '#contracts/headers.ts';
import type { CartDeps } from '../deps.ts';
import type { CartOwner } from '../domain/cart.ts';
import { addCoupon, changeQuantity, noCart, readOrRefuse, removeCoupon, unwrapCart } from '../use-cases/change-cart.ts';
import { mergeCarts } from '../use-cases/merge-carts.ts';
import { quoteCart } from '../use-cases/quote-cart.ts';
import { showCart } from '../use-cases/show-cart.ts';
import {
  assertOwnPage,
  cartIdOf,
  changedTargetOf,
  changeProof,
  guestProof,
  newToken,
  ownerOf,
  privateHeaders,
  route,
  targetOf,
  tokenHeader,
  tokenOf,
} from './deps.ts';
import {
  addCouponSchema,
  cartParams,
  cartSchema,
  couponParams,
  lineParams,
  mergedCartSchema,
  mergeSchema,
  newCartSchema,
  quantityChangeSchema,
  quantitySchema,
  quoteSchema,
} from './schemas.ts';

const tag = 'carts';
const common = { tag, access: 'public', ...guestProof } as const;
const changing = { tag, access: 'public', ...changeProof } as const;
const changed = { 200: { description: 'The cart as it is now.', schema: cartSchema } };
const secretHeaders = {
  [tokenHeader]: 'Secret of a guest’s cart; it is told this once.',
  'set-cookie': 'The same for browsers, out of reach of scripts.',
  location: 'Address of the cart.',
};

const create = route(
  {
    ...changing,
    operationId: 'createCart',
    method: 'POST',
    path: '/api/v1/carts',
    summary: 'Begin a cart',
    description: 'Whoever has a cart already gets that one: an account has one at a time, and so has a secret.',
    body: { schema: newCartSchema, description: 'May be empty: `{}`.' },
    responses: {
      200: { description: 'The caller has a cart.', schema: cartSchema },
      201: { description: 'Begun.', schema: cartSchema, headers: secretHeaders },
    },
    problems: ['not-found', 'forbidden'],
  },
  async (input, deps) => {
    assertOwnPage(input);
    const { currency } = input.body;
    const options = { currency, fallback: deps.defaultCurrency };
    const present = ownerOf(input);
    if (input.identity !== undefined && present === undefined) throw noCart();
    const isUser = present?.kind === 'user';
    const opened = present === undefined ? undefined : await deps.carts.open(present, { ...options, isNew: isUser });
    if (present !== undefined && opened?.state === 'ok')
      return { status: 200, body: await showCart(deps, present, opened.cart), headers: privateHeaders };
    const { owner, headers } = isUser ? { owner: present, headers: {} } : newGuest();
    const { cart } = unwrapCart(
      isUser && opened !== undefined ? opened : await deps.carts.open(owner, { ...options, isNew: true }),
    );
    const location = `/api/v1/carts/${cart.id}`;
    return {
      status: 201,
      body: await showCart(deps, owner, cart),
      headers: { ...privateHeaders, ...headers, location },
    };
  },
);

/** As long as browsers keep one: the cart itself goes sooner, and its life begins anew with each change. */
const cookieSeconds = 400 * 86_400;

/** A guest gets a secret of ours, never one of its own choice: it could be one that somebody else knows. */
function newGuest(): { readonly owner: CartOwner; readonly headers: Readonly<Record<string, string>> } {
  const token = newToken();
  const cookie = `${cartCookie}=${token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${cookieSeconds}`;
  return {
    owner: { kind: 'guest', cartId: cartIdOf(token) ?? '' },
    headers: { [tokenHeader]: token, 'set-cookie': cookie },
  };
}

const read = route(
  {
    ...common,
    operationId: 'getCart',
    method: 'GET',
    path: '/api/v1/carts/{cartId}',
    summary: 'Read a cart',
    description: 'With the prices of now; what changed since the customer saw it last is marked.',
    params: cartParams,
    responses: { 200: { description: 'The cart.', schema: cartSchema } },
    problems: ['not-found', 'cart-limit-reached'],
  },
  async (input, deps) => {
    const target = targetOf(input);
    const cart = await readOrRefuse(deps, target);
    return { status: 200, body: await showCart(deps, target.owner, cart), headers: privateHeaders };
  },
);

const lineProblems = ['not-found', 'forbidden', 'variant-unavailable', 'out-of-stock', 'cart-limit-reached'] as const;

const setLine = route(
  {
    ...changing,
    operationId: 'setCartLine',
    method: 'PUT',
    path: '/api/v1/carts/{cartId}/items/{variantId}',
    summary: 'Set the quantity of an article',
    description: 'At the price of now. An account’s cart begins with its first article.',
    params: lineParams,
    body: { schema: quantitySchema, description: 'The quantity.' },
    responses: changed,
    problems: lineProblems,
  },
  async (input, deps) => {
    const change = { variantId: input.params.variantId, mode: 'set', quantity: input.body.quantity } as const;
    return { status: 200, body: await changeQuantity(deps, changedTargetOf(input), change), headers: privateHeaders };
  },
);

const addToLine = route(
  {
    ...changing,
    headers: {
      ...changeProof.headers,
      [headerNames.idempotencyKey]:
        'A change that is repeated with the same key among the last 16 of a cart is made once.',
    },
    operationId: 'addToCartLine',
    method: 'PATCH',
    path: '/api/v1/carts/{cartId}/items/{variantId}',
    summary: 'Add to or take from an article',
    description: 'However many callers do so at once, each counts.',
    params: lineParams,
    body: {
      schema: quantityChangeSchema,
      description: 'The difference.',
      mediaTypes: ['application/merge-patch+json'],
    },
    responses: changed,
    problems: lineProblems,
  },
  async (input, deps) => {
    const key = input.headers[headerNames.idempotencyKey] ?? '';
    const { variantId } = input.params;
    // Without a key of the caller, what the client to Redis sends again after a lost connection is recognised by ours.
    const content = key === '' ? newToken() : JSON.stringify([key, variantId, input.body.add]);
    const changeTag = createHash('sha256').update(content).digest('base64url').slice(0, 16);
    const change = { variantId, mode: 'add', quantity: input.body.add, tag: changeTag } as const;
    return { status: 200, body: await changeQuantity(deps, changedTargetOf(input), change), headers: privateHeaders };
  },
);

const removeLine = route(
  {
    ...changing,
    operationId: 'removeCartLine',
    method: 'DELETE',
    path: '/api/v1/carts/{cartId}/items/{variantId}',
    summary: 'Take an article out',
    description: 'One that is not in the cart is out already.',
    params: lineParams,
    responses: changed,
    problems: ['not-found', 'forbidden', 'cart-limit-reached'],
  },
  async (input, deps) => {
    const change = { variantId: input.params.variantId, mode: 'set', quantity: 0 } as const;
    return { status: 200, body: await changeQuantity(deps, changedTargetOf(input), change), headers: privateHeaders };
  },
);

const merge = route(
  {
    ...common,
    access: 'authenticated',
    operationId: 'mergeCarts',
    method: 'POST',
    path: '/api/v1/carts/{cartId}/merge',
    summary: 'Take over the cart of a guest',
    description:
      'After signing in: quantities are added up to the limits, and the guest’s cart is gone. Repeated, it changes nothing; neither does a guest’s cart that is not there.',
    params: cartParams,
    body: { schema: mergeSchema, description: 'May be empty: `{}`.' },
    responses: { 200: { description: 'The cart of the account.', schema: mergedCartSchema } },
    problems: ['not-found', 'cart-limit-reached'],
  },
  async (input, deps) => {
    const target = targetOf(input);
    if (target.owner.kind !== 'user') throw noCart();
    if (target.cartId !== undefined) await readOrRefuse(deps, target);
    const guestCartId = cartIdOf(input.body.token ?? tokenOf(input));
    if (guestCartId === undefined) throw new ProblemError('not-found', 'the request names no cart of a guest');
    const { cart, cutLines } = await mergeCarts(deps, target.owner.userId, guestCartId);
    // The secret is of no use any more.
    const cookie = `${cartCookie}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`;
    return { status: 200, body: { ...cart, cutLines }, headers: { ...privateHeaders, 'set-cookie': cookie } };
  },
);

const putCoupon = route(
  {
    ...changing,
    operationId: 'addCartCoupon',
    method: 'POST',
    path: '/api/v1/carts/{cartId}/coupons',
    summary: 'Use a coupon',
    description: 'It is taken with the order and not before: another customer may be quicker.',
    params: cartParams,
    body: { schema: addCouponSchema, description: 'The code; upper and lower case are the same.' },
    responses: changed,
    problems: ['not-found', 'forbidden', 'coupon-not-applicable', 'cart-limit-reached', 'too-many-requests'],
  },
  async (input, deps) => {
    const attempt = { code: input.body.code, address: input.client.address };
    return { status: 200, body: await addCoupon(deps, changedTargetOf(input), attempt), headers: privateHeaders };
  },
);

const takeCoupon = route(
  {
    ...changing,
    operationId: 'removeCartCoupon',
    method: 'DELETE',
    path: '/api/v1/carts/{cartId}/coupons/{code}',
    summary: 'Take a coupon out',
    params: couponParams,
    responses: changed,
    problems: ['not-found', 'forbidden', 'cart-limit-reached'],
  },
  async (input, deps) => {
    const cart = await removeCoupon(deps, changedTargetOf(input), input.params.code);
    return { status: 200, body: cart, headers: privateHeaders };
  },
);

const quote = route(
  {
    ...changing,
    operationId: 'quoteCart',
    criticality: 'critical',
    method: 'POST',
    path: '/api/v1/carts/{cartId}/quote',
    summary: 'Ask what the cart costs, for an order',
    description:
      'The prices are kept for some minutes. What changed since the customer saw the cart last is named once.',
    params: cartParams,
    responses: { 201: { description: 'The quote.', schema: quoteSchema } },
    problems: ['not-found', 'forbidden', 'cart-not-orderable', 'cart-limit-reached'],
  },
  async (input, deps) => ({
    status: 201,
    body: await quoteCart(deps, changedTargetOf(input)),
    headers: privateHeaders,
  }),
);

export const cartRoutes: readonly Route<CartDeps>[] = [
  create,
  read,
  setLine,
  addToLine,
  removeLine,
  merge,
  putCoupon,
  takeCoupon,
  quote,
];
