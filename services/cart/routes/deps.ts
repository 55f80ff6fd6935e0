/** What the handlers of this service share: whose cart a request is about. */
import { createHash, randomBytes } from 'node:crypto';
import { type Input, routesWith } from '#chassis/http/route.ts';
import { ProblemError } from '#chassis/problem.ts';
import { cartCookie, headers as headerNames } from '#contracts/headers.ts';
import type { CartDeps } from '../deps.ts';
import type { CartOwner } from '../domain/cart.ts';
import type { CartTarget } from '../store/carts.ts';
import { noCart } from '../use-cases/change-cart.ts';

export const route = routesWith<CartDeps>();

/** Nothing here may be kept by anybody between. */
export const privateHeaders = { 'cache-control': 'private, no-store' } as const;

export const tokenHeader = headerNames.cartToken;

/** What proves that a guest's cart is the caller's, for the declarations of routes. */
export const guestProof = {
  headers: { [tokenHeader]: 'Secret of a guest’s cart, as its creation gave it.' },
  cookies: { [cartCookie]: 'The same for browsers; the header wins.' },
} as const;

/** What changes a cart takes no cookie from a page of somebody else’s; by these headers it can tell. */
export const changeProof = {
  ...guestProof,
  headers: {
    ...guestProof.headers,
    'sec-fetch-site': 'Written by browsers: with the cookie only `same-origin` and `none` may change something.',
    origin: 'The same for browsers that do not write `Sec-Fetch-Site`: it must be the host that was called.',
    'x-forwarded-host': 'The host that was called, as the gateway tells it.',
  },
} as const;

type Proof = Pick<Input<unknown, unknown, unknown>, 'identity' | 'headers' | 'cookies'>;

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A new secret of 128 bits. */
export function newToken(): string {
  return randomBytes(16).toString('base64url');
}

/**
 * The id of a guest's cart follows from the secret and not the other way round: events, logs and a copy of Redis hold ids, and none
 * of them opens a cart. Nothing for what is no secret of ours.
 */
export function cartIdOf(token: string): string | undefined {
  if (!/^[A-Za-z0-9_-]{22}$/.test(token)) return undefined;
  return createHash('sha256').update(token).digest('hex').slice(0, 32);
}

/** The secret that the request carries; empty text without one. */
export function tokenOf({ headers, cookies }: Pick<Proof, 'headers' | 'cookies'>): string {
  const header = headers[tokenHeader] ?? '';
  return header === '' ? (cookies[cartCookie] ?? '') : header;
}

/** Whose carts the caller may see: a signed-in one's own and never a guest's; a guest's by the secret. Nothing for anybody else. */
export function ownerOf(proof: Proof): CartOwner | undefined {
  if (proof.identity !== undefined) {
    const { subject } = proof.identity;
    // Services and tools are signed in without an account.
    return uuidPattern.test(subject) ? { kind: 'user', userId: subject.toLowerCase() } : undefined;
  }
  const cartId = cartIdOf(tokenOf(proof));
  return cartId === undefined ? undefined : { kind: 'guest', cartId };
}

/** The cart that the path names, if it may be the caller's; the same `not-found` for everything else. */
export function targetOf(input: Proof & { readonly params: { readonly cartId: string } }): CartTarget {
  const owner = ownerOf(input);
  const { cartId } = input.params;
  if (owner === undefined) throw noCart();
  if (cartId === 'current') return { owner };
  // The key of a guest's cart is its id: another one is another cart.
  if (owner.kind === 'guest' && owner.cartId !== cartId) throw noCart();
  return { owner, cartId };
}

/** The same for who changes it. */
export function changedTargetOf(input: Proof & { readonly params: { readonly cartId: string } }): CartTarget {
  assertOwnPage(input);
  return targetOf(input);
}

/**
 * Throws `forbidden` when the cookie alone speaks for the caller and a page of another origin has the browser send it. A header that
 * carries the secret or a token cannot be sent by such a page: nothing that it does not know itself.
 */
export function assertOwnPage({ identity, headers, cookies }: Proof): void {
  const isByCookie = identity === undefined && headers[tokenHeader] === '' && (cookies[cartCookie] ?? '') !== '';
  if (!isByCookie || isOwnPage(headers)) return;
  throw new ProblemError('forbidden', 'a page of another origin changes no cart; send the secret in x-cart-token');
}

function isOwnPage(headers: Proof['headers']): boolean {
  const site = headers['sec-fetch-site'] ?? '';
  if (site !== '') return site === 'same-origin' || site === 'none';
  const origin = headers['origin'] ?? '';
  // Not a browser, or one that sends nothing: none of today leaves it out of a change.
  if (origin === '') return true;
  return URL.canParse(origin) && new URL(origin).host === headers['x-forwarded-host'];
}
