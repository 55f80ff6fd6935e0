/** Carts in Redis: each function is one script on one key. All throw `service-unavailable` when Redis cannot be asked. */
import { randomBytes } from 'node:crypto';
import type { RedisClient } from '#chassis/redis/redis.ts';
import type { Cart, CartLine, CartOwner } from '../domain/cart.ts';
import type { CouponTerms } from '../domain/coupon.ts';
import type { Offer } from '../domain/offer.ts';
import { formatLine, parseCart, toFields } from './cart-hash.ts';
import { askRedis } from './redis-problems.ts';
import {
  absorbScript,
  acceptPricesScript,
  changeCouponScript,
  changeLineScript,
  completeScript,
  dropScript,
  openScript,
  readScript,
  sealScript,
  tellScript,
} from './scripts.ts';

/** Milliseconds that a cart stays without a change. */
export interface CartLifetimes {
  readonly guestMs: number;
  readonly userMs: number;
  readonly emptyGuestMs: number;
}

/** Why a change was not made. */
export type CartRefusal = 'missing' | 'quantity' | 'lines' | 'price' | 'amount' | 'coupons' | 'merges';

export type CartResult =
  | { readonly state: 'ok' | 'created'; readonly cart: Cart }
  | { readonly state: 'refused'; readonly reason: CartRefusal };

/** Which cart of an owner: the one with this id, or whichever it is; without one a customer's is made. */
export interface CartTarget {
  readonly owner: CartOwner;
  /** Absent: the owner's present cart. */
  readonly cartId?: string | undefined;
}

export interface LineChange {
  readonly variantId: string;
  readonly mode: 'set' | 'add';
  /** The quantity, or the difference. */
  readonly quantity: number;
  /** Absent: the line keeps its price; a new line is refused then. */
  readonly offer?: Offer | undefined;
  /** Recognises a change that is sent twice. */
  readonly tag?: string | undefined;
}

export interface OpenOptions {
  /** Of an empty cart; absent: it keeps its own. */
  readonly currency?: string | undefined;
  /** Of a new cart, unless `currency` says another. */
  readonly fallback: string;
  readonly isNew: boolean;
}

export interface CartStore {
  /** The owner's present cart; made where there is none, if it may be. */
  open(owner: CartOwner, options: OpenOptions): Promise<CartResult>;
  read(target: CartTarget): Promise<Cart | undefined>;
  changeLine(target: CartTarget, change: LineChange, currency: string): Promise<CartResult>;
  /** Without terms the coupon goes. */
  changeCoupon(target: CartTarget, code: string, terms: CouponTerms | undefined): Promise<CartResult>;
  acceptPrices(owner: CartOwner, cart: Cart, accepted: readonly CartLine[]): Promise<void>;
  complete(owner: CartOwner, cartId: string): Promise<void>;
  readonly merge: MergeSteps;
  /** Removes the cart of an account. */
  forget(userId: string): Promise<void>;
}

/** The steps of a merge: see `use-cases/merge-carts.ts`. */
export interface MergeSteps {
  /** Fields of the guest's cart, which cannot be changed from now on; nothing when it is not there or somebody else's. */
  seal(guestCartId: string, userId: string): Promise<ReadonlyMap<string, string> | undefined>;
  absorb(
    userId: string,
    guestCartId: string,
    fields: ReadonlyMap<string, string>,
  ): Promise<CartResult & { readonly cutLines: number }>;
  drop(guestCartId: string, userId: string): Promise<void>;
  tell(userId: string, guestCartId: string): Promise<void>;
}

/** Key of a cart: everything about it is in one slot. */
export function cartKey(owner: CartOwner): string {
  return owner.kind === 'user' ? `cart:{u:${owner.userId}}` : `cart:{g:${owner.cartId}}`;
}

/** 128 random bits. */
export function newCartId(): string {
  return randomBytes(16).toString('hex');
}

type Answer = readonly [status: string, hash?: readonly string[], cut?: number];
type Script = (key: string, ...values: readonly (string | number)[]) => Promise<unknown>;

/** Puts the scripts on the client and gives the store. */
export function createCartStore(redis: RedisClient, lifetimes: CartLifetimes, now: () => number): CartStore {
  const run = defineScripts(redis);
  const ask = async (script: keyof typeof scripts, owner: CartOwner, values: readonly (string | number)[]) =>
    toResult(await run[script](cartKey(owner), ...values));
  const lifetimeOf = (owner: CartOwner) => (owner.kind === 'user' ? lifetimes.userMs : lifetimes.guestMs);
  const headOf = ({ owner, cartId }: CartTarget) => {
    // A guest's cart is there or not; that of an account begins with its first article.
    const newId = owner.kind === 'user' && cartId === undefined ? newCartId() : '';
    return [cartId ?? '', newId, now(), lifetimeOf(owner)];
  };
  return {
    open: (owner, { currency, fallback, isNew }) => {
      const newId = owner.kind === 'user' ? newCartId() : owner.cartId;
      const lifetimeMs = owner.kind === 'user' ? lifetimes.userMs : lifetimes.emptyGuestMs;
      return ask('open', owner, ['', isNew ? newId : '', now(), lifetimeMs, currency ?? fallback, currency ?? '']);
    },
    read: async ({ owner, cartId }) => {
      const result = await ask('read', owner, [cartId ?? '']);
      return result.state === 'refused' ? undefined : result.cart;
    },
    changeLine: (target, change, currency) =>
      ask('changeLine', target.owner, [...headOf(target), currency, ...lineArguments(change)]),
    changeCoupon: (target, code, terms) =>
      ask('changeCoupon', target.owner, [...headOf(target), code, terms === undefined ? '' : JSON.stringify(terms)]),
    acceptPrices: async (owner, cart, accepted) => {
      const before = new Map(cart.lines.map((line) => [line.variantId, formatLine(line)]));
      const triples = accepted.flatMap((line) => [line.variantId, before.get(line.variantId) ?? '', formatLine(line)]);
      if (triples.length > 0) await run.acceptPrices(cartKey(owner), cart.id, ...triples);
    },
    complete: async (owner, cartId) => {
      if (owner.kind === 'user') await ask('complete', owner, [cartId, newCartId(), now(), lifetimes.userMs]);
      else await askRedis(() => redis.del(cartKey(owner)));
    },
    forget: async (userId) => {
      await askRedis(() => redis.del(cartKey({ kind: 'user', userId })));
    },
    merge: createMergeSteps(run, { lifetimes, now }),
  };
}

function createMergeSteps(
  run: Record<keyof typeof scripts, Script>,
  { lifetimes, now }: { readonly lifetimes: CartLifetimes; readonly now: () => number },
): MergeSteps {
  const guestKey = (cartId: string) => cartKey({ kind: 'guest', cartId });
  const userKey = (userId: string) => cartKey({ kind: 'user', userId });
  return {
    seal: async (guestCartId, userId) => {
      const [status, hash = []] = (await run.seal(guestKey(guestCartId), userId)) as Answer; // the script's own form
      return status === 'ok' ? toFields(hash) : undefined;
    },
    absorb: async (userId, guestCartId, fields) => {
      const carried = [...fields].filter(([name]) => name.startsWith('l:') || name.startsWith('c:')).flat();
      const head = ['', newCartId(), now(), lifetimes.userMs, fields.get('cur') ?? '', guestCartId];
      const answer = (await run.absorb(userKey(userId), ...head, ...carried)) as Answer; // the script's own form
      return { ...toResult(answer), cutLines: answer[2] ?? 0 };
    },
    drop: async (guestCartId, userId) => void (await run.drop(guestKey(guestCartId), userId)),
    tell: async (userId, guestCartId) => void (await run.tell(userKey(userId), guestCartId)),
  };
}

const scripts = {
  open: openScript,
  read: readScript,
  changeLine: changeLineScript,
  changeCoupon: changeCouponScript,
  seal: sealScript,
  absorb: absorbScript,
  drop: dropScript,
  tell: tellScript,
  acceptPrices: acceptPricesScript,
  complete: completeScript,
} as const;

function defineScripts(redis: RedisClient): Record<keyof typeof scripts, Script> {
  const entries = Object.entries(scripts).map(([name, lua]) => {
    const command = `cart_${name}`;
    redis.defineCommand(command, { numberOfKeys: 1, lua });
    const call = (redis as unknown as Record<string, Script>)[command]; // defineCommand added the method
    const script: Script = (key, ...values) => askRedis(async () => call?.call(redis, key, ...values));
    return [name, script] as const;
  });
  return Object.fromEntries(entries) as Record<keyof typeof scripts, Script>; // one entry per script
}

function toResult(answer: unknown): CartResult {
  const [status, hash] = answer as Answer; // the scripts' own form
  if (hash === undefined) return { state: 'refused', reason: status as CartRefusal }; // one of the scripts' words
  return { state: status === 'created' ? 'created' : 'ok', cart: parseCart(toFields(hash)) };
}

function lineArguments({ variantId, mode, quantity, offer, tag }: LineChange): readonly (string | number)[] {
  const prices = Object.entries(offer?.prices ?? {}).map(
    ([currency, { amountMinor, version }]) => `,${currency}=${amountMinor}:${version}`,
  );
  // An offer without any price is not the same as no offer.
  const text = offer === undefined ? '' : `;${prices.join('')}`;
  return [tag ?? '', mode, variantId, quantity, offer?.productId ?? '', text];
}
