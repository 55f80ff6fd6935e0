/** `/bff/checkout`: what a customer sees before buying. Unlike the other pages it is one person's. */
import { z } from 'zod';
import { type Input, type Route, routesWith } from '#chassis/http/route.ts';
import { cartCookie, headers as names } from '#contracts/headers.ts';
import type { Identity } from '#contracts/identity.ts';
import type { Upstreams } from '../proxy/upstreams.ts';
import { askForPart, gatherParts } from './part.ts';
import { pageOf, skuAvailability, warnings } from './schemas.ts';

export interface CheckoutDeps {
  readonly upstreams: Upstreams;
  readonly mintIdentity: (identity: Identity, nowMs: number) => string;
}

const route = routesWith<CheckoutDeps>();

type Visited = Input<unknown, unknown, unknown>;

/** A cart has up to 100 SKUs of up to 64 characters, and services take addresses of up to 4 KiB. */
const skusPerQuestion = 50;

const cart = z
  .looseObject({ id: z.string(), lines: z.array(z.looseObject({ sku: z.string().nullable() })) })
  .meta({ id: 'PageCart', description: 'The cart as `GET /api/v1/carts/current` has it.' });
const address = z
  .looseObject({ id: z.uuid() })
  .meta({ id: 'PageAddress', description: 'An address as `GET /api/v1/me/addresses` has it.' });

const checkoutSchema = z
  .strictObject({
    cart: cart.nullable(),
    addresses: z.array(address).nullable().meta({ description: 'Null as well for a guest, who has none.' }),
    availability: z
      .array(skuAvailability)
      .nullable()
      .meta({ description: 'What `GET /api/v1/availability` says of the SKUs in the cart.' }),
    warnings,
  })
  .meta({ id: 'CheckoutPage' });

const checkout = route(
  {
    operationId: 'getCheckoutPage',
    method: 'GET',
    path: '/bff/checkout',
    summary: 'The page before the purchase',
    description:
      'For who is signed in, or has the secret of a guest’s cart. Its parts are asked for at once. What cannot be had within two seconds is null, and `warnings` says why: `not-found` where the caller has no cart.',
    tag: 'pages',
    access: 'public',
    headers: { [names.cartToken]: 'Secret of a guest’s cart, as its creation gave it.' },
    cookies: { [cartCookie]: 'The same for browsers; the header wins.' },
    criticality: 'critical',
    responses: { 200: { description: 'The page, perhaps without some of its parts.', schema: checkoutSchema } },
    problems: ['too-many-requests'],
  },
  async (input, deps) => {
    const cartPart = askForCart(input, deps);
    const { values, warnings: missing } = await gatherParts({
      cart: cartPart,
      addresses: input.identity === undefined ? Promise.resolve(null) : askForAddresses(input, deps),
      availability: cartPart.then(({ lines }) => askForAvailability(lines, input, deps)),
    });
    return { status: 200, body: { ...values, warnings: missing }, headers: { 'cache-control': 'private, no-store' } };
  },
);

function askForCart(input: Visited, deps: CheckoutDeps) {
  const token = tokenOf(input);
  const secret = token === undefined ? {} : { [names.cartToken]: token };
  const headers = { ...identityOf(input, deps), ...secret };
  return askForPart(deps.upstreams, input, { upstream: 'cart', path: '/api/v1/carts/current', schema: cart, headers });
}

async function askForAddresses(input: Visited, deps: CheckoutDeps) {
  const headers = identityOf(input, deps);
  const source = { upstream: 'user', path: '/api/v1/me/addresses', schema: pageOf(address), headers } as const;
  return (await askForPart(deps.upstreams, input, source)).items;
}

/** As a guest: how much there is to the piece is told to services and staff only. */
async function askForAvailability(
  lines: z.output<typeof cart>['lines'],
  input: Visited,
  { upstreams }: CheckoutDeps,
): Promise<z.output<typeof skuAvailability>[]> {
  const skus = [...new Set(lines.flatMap(({ sku }) => (sku === null ? [] : [encodeURIComponent(sku)])))];
  const schema = pageOf(skuAvailability);
  const pages = Array.from({ length: Math.ceil(skus.length / skusPerQuestion) }, (_, index) => {
    const some = skus.slice(index * skusPerQuestion, (index + 1) * skusPerQuestion).join(',');
    return askForPart(upstreams, input, { upstream: 'inventory', path: `/api/v1/availability?skus=${some}`, schema });
  });
  return (await Promise.all(pages)).flatMap(({ items }) => items);
}

function identityOf({ identity }: Visited, { mintIdentity }: CheckoutDeps): Readonly<Record<string, string>> {
  return identity === undefined ? {} : { [names.internalIdentity]: mintIdentity(identity, Date.now()) };
}

/** The secret, unless it is none of the shop's: what cannot be sent as a header must not look like a fault of the service. */
function tokenOf({ headers, cookies }: Visited): string | undefined {
  const header = headers[names.cartToken] ?? '';
  const token = header === '' ? (cookies[cartCookie] ?? '') : header;
  return /^[\w-]{1,128}$/.test(token) ? token : undefined;
}

export const checkoutRoutes: readonly Route<CheckoutDeps>[] = [checkout];
