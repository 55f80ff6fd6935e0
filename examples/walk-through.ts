/**
 * A customer's way through a filled shop (`make seed`): register, sign in, search, narrow down by a facet, look at the
 * product, put it into the cart, use a coupon, and get a quote. Prints each step and what came back, and stops at the first
 * answer that is not as it should be.
 *
 *     node examples/walk-through.ts [URL]       URL: what `make up` prints; else SHOP_URL, else http://127.0.0.1:8080
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

type Body = Readonly<Record<string, unknown>>;

interface Product extends Body {
  readonly slug: string;
  readonly title: string;
  readonly variants: readonly {
    readonly id: string;
    readonly sku: string;
    readonly prices: readonly { readonly currency: string; readonly amountMinor: number }[];
  }[];
}

interface PricedCart extends Body {
  readonly lines: readonly { readonly variantId: string; readonly quantity: number; readonly unitPriceMinor: number }[];
  readonly totals: {
    readonly subtotalMinor: number;
    readonly discountMinor: number;
    readonly shippingMinor: number;
    readonly taxMinor: number;
    readonly totalMinor: number;
  };
}

/** How long the shop may take to come up, and an event to reach a service that learns by events. */
const waitMs = 60_000;
const requestTimeoutMs = 10_000;
const currency = 'EUR';
const coupon = 'WELCOME10';

const shop = (process.argv[2] ?? process.env['SHOP_URL'] ?? 'http://127.0.0.1:8080').replace(/\/+$/, '');
let accessToken: string | undefined;

/** What is wrong, for a person: the walk ends with it. */
class Stumble extends Error {}

try {
  assert(/^https?:\/\/[^/]+/.test(shop), `"${shop}" is no address of a shop: write http://host:port`);
  await walk();
} catch (error) {
  if (!(error instanceof Stumble)) throw error;
  console.error(`\n✘ ${error.message}`);
  process.exitCode = 1;
}

async function walk(): Promise<void> {
  await waitFor(`${shop}/health answers 200; is a shop there? make up`, async () => {
    return (await fetch(`${shop}/health`, { signal: AbortSignal.timeout(requestTimeoutMs) })).status === 200;
  });
  tell('the shop is there', shop);
  await beSomebody();
  const product = await find();
  await buy(product);
}

async function beSomebody(): Promise<void> {
  const account = { email: `walker-${randomUUID()}@example.com`, password: randomUUID(), givenName: 'Wanda' };
  await ask('POST', '/api/v1/users', { body: account, status: 202 });
  tell('registered', account.email);
  const { email, password } = account;
  const signIn = await ask('POST', '/api/v1/auth/login', {
    body: { email, password },
    hint: 'A shop of profile Production opens an account after the link in a mail: this walk needs profile Development.',
  });
  accessToken = text(signIn, 'accessToken');
  const me = await ask('GET', '/api/v1/me');
  assert(me['email'] === email, `GET /api/v1/me names ${String(me['email'])} and not ${email}`);
  tell('signed in', `as ${email}, roles ${String(me['roles'])}`);
}

/** By words, then by the maker that most of the hits have. */
async function find(): Promise<Product> {
  const search = `/api/v1/search?q=lantern&currency=${currency}&facets=category,price,attributes.maker`;
  const page = await waitFor(`${search} finds something; fill the shop: make seed`, async () => {
    const found = await ask('GET', search);
    return Number(found['total']) > 0 ? found : undefined;
  });
  tell('searched for "lantern"', `${String(page['total'])} hits`);
  // `as`, here and below: the forms are those of /docs; what matters is checked.
  const facets = page['facets'] as { attributes: { maker: { values: { value: string; count: number }[] } } };
  const [maker] = facets.attributes.maker.values;
  assert(maker !== undefined, 'the facet attributes.maker is empty');
  tell('facet maker', facets.attributes.maker.values.map(({ value, count }) => `${value} ${count}`).join(', '));
  const narrowed = await ask('GET', `${search}&filters=maker:${encodeURIComponent(maker.value)}`);
  assert(
    narrowed['total'] === maker.count,
    `with maker ${maker.value} there are ${String(narrowed['total'])} hits, the facet counted ${maker.count}`,
  );
  const [hit] = narrowed['items'] as { slug: string; title: string; attributes: Body }[];
  assert(hit?.attributes['maker'] === maker.value, `the first hit is not made by ${maker.value}`);
  tell(`narrowed down to ${maker.value}`, `${maker.count} hits, first: ${hit.title}`);
  const product = (await ask('GET', `/api/v1/products/${hit.slug}`)) as Product;
  assert(product.slug === hit.slug, `product ${product.slug} came back for ${hit.slug}`);
  const { sku, price } = offerOf(product);
  const availability = await ask('GET', `/api/v1/availability?skus=${sku}`);
  const [stock] = availability['items'] as { availability: string }[];
  assert(stock?.availability !== 'out-of-stock', `${sku} is out of stock; fill the shop: make seed`);
  tell('looked at the product', `${product.title}, ${money(price)}, ${String(stock?.availability)}`);
  return product;
}

async function buy(product: Product): Promise<void> {
  const { id, price } = offerOf(product);
  await ask('POST', '/api/v1/carts', { body: { currency }, status: 201 });
  const cart = (await ask('PUT', `/api/v1/carts/current/items/${id}`, { body: { quantity: 2 } })) as PricedCart;
  const [line] = cart.lines;
  assert(cart.lines.length === 1 && line?.variantId === id, 'the cart has another line than the one that was put in');
  assert(line.quantity === 2, `the cart has ${line.quantity} pieces, 2 were put in`);
  assert(line.unitPriceMinor === price, `the cart's price is ${line.unitPriceMinor}, the product's ${price}`);
  assert(cart.totals.subtotalMinor === 2 * price, `two of ${price} are not ${cart.totals.subtotalMinor}`);
  tell('put two into the cart', money(cart.totals.totalMinor));
  const reduced = (await ask('POST', '/api/v1/carts/current/coupons', {
    body: { code: coupon },
    hint: 'The coupon is one of make seed.',
  })) as PricedCart;
  assert(reduced.totals.discountMinor > 0, `${coupon} takes nothing off`);
  tell(`used ${coupon}`, `${money(reduced.totals.discountMinor)} off`);
  const quote = (await ask('POST', '/api/v1/carts/current/quote', { status: 201 })) as PricedCart;
  const { subtotalMinor, shippingMinor, taxMinor, discountMinor, totalMinor } = quote.totals;
  assert(
    subtotalMinor + shippingMinor + taxMinor - discountMinor === totalMinor,
    `the totals of the quote do not add up: ${JSON.stringify(quote.totals)}`,
  );
  assert(
    totalMinor === reduced.totals.totalMinor,
    `the quote says ${totalMinor}, the cart ${reduced.totals.totalMinor}`,
  );
  tell('got a quote', `${money(totalMinor)}, kept until ${text(quote, 'expiresAt')}`);
}

/** The default variant and its price in our currency. */
function offerOf({ slug, variants: [variant] }: Product): { id: string; sku: string; price: number } {
  const price = variant?.prices.find((one) => one.currency === currency)?.amountMinor;
  assert(variant !== undefined && price !== undefined, `product ${slug} has no price in ${currency}`);
  return { id: variant.id, sku: variant.sku, price };
}

async function ask(
  method: string,
  path: string,
  { body, status = 200, hint = '' }: { body?: object; status?: number; hint?: string } = {},
): Promise<Body> {
  const answer = await fetch(`${shop}${path}`, {
    method,
    headers: {
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    signal: AbortSignal.timeout(requestTimeoutMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw new Stumble(`${method} ${path} got no answer: ${error instanceof Error ? error.message : String(error)}`);
  });
  const answered = await answer.text();
  assert(
    answer.status === status,
    `${method} ${path} was answered ${answer.status} and not ${status}: ${answered.slice(0, 500)} ${hint}`.trimEnd(),
  );
  return answered === '' ? {} : JSON.parse(answered);
}

/** Looks again until there is something, for a bounded time. */
async function waitFor<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  for (const deadline = performance.now() + waitMs; performance.now() < deadline; await delay(500)) {
    const found = await look().catch((error: unknown) => {
      if (error instanceof Stumble) throw error;
      return undefined;
    });
    if (found !== undefined && found !== false) return found;
  }
  throw new Stumble(`not within ${waitMs / 1000} s: ${what}`);
}

function assert(isTrue: boolean, complaint: string): asserts isTrue {
  if (!isTrue) throw new Stumble(complaint);
}

function text(body: Body, field: string): string {
  const value = body[field];
  assert(typeof value === 'string' && value !== '', `the answer has no ${field}`);
  return value;
}

function money(minor: number): string {
  return `${(minor / 100).toFixed(2)} ${currency}`;
}

function tell(step: string, result: string): void {
  console.log(`✔ ${step.padEnd(28)} ${result}`);
}
