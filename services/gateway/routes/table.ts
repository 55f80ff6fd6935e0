/** Which service answers which path: data, and the only place that knows. */
import type { Criticality } from '#chassis/admission/criticality.ts';
import type { UpstreamName } from '#contracts/services.ts';

/** How much one caller may do: see `limits/classes.ts`. */
export type LimitClass = 'standard' | 'sensitive' | 'checkout' | 'search';

/** RFC 8615 gives it its place: whoever verifies access tokens elsewhere looks there. */
export const keySetPath = '/.well-known/jwks.json';

export interface ProxyRoute {
  /** First segments of the public path, e.g. `/api/v1/products`. Also the metrics label. */
  readonly prefix: `/api/${string}` | typeof keySetPath;
  readonly upstream: UpstreamName;
  readonly limit: LimitClass;
  /** In which order requests are refused while their service has too much to do. */
  readonly criticality: Criticality;
  /** Time until the response must begin. */
  readonly timeoutMs: number;
  /** Longest request body. */
  readonly bodyLimitBytes: number;
}

/** Enough for any read and any simple change. */
const standardTimeoutMs = 5000;
/** Checkout talks to the payment provider. */
const checkoutTimeoutMs = 15_000;
const standardBodyBytes = 1_048_576;
/** Imports are streamed through, so their size costs the gateway nothing. */
const importBodyBytes = 268_435_456;

type Changes = Partial<Pick<ProxyRoute, 'limit' | 'criticality' | 'timeoutMs' | 'bodyLimitBytes'>>;

const resource = (name: string, upstream: UpstreamName, changes: Changes = {}): ProxyRoute => ({
  prefix: `/api/v1/${name}`,
  upstream,
  limit: 'standard',
  criticality: 'standard',
  timeoutMs: standardTimeoutMs,
  bodyLimitBytes: standardBodyBytes,
  ...changes,
});

const purchase: Changes = { limit: 'checkout', criticality: 'critical', timeoutMs: checkoutTimeoutMs };

/** The longest matching prefix wins. `/internal` paths of services are not here, and so cannot be reached from outside. */
export const proxyRoutes: readonly ProxyRoute[] = [
  resource('users', 'user', { limit: 'sensitive' }),
  resource('auth', 'user', { limit: 'sensitive' }),
  resource('me', 'user'),
  { ...resource('', 'user'), prefix: keySetPath, bodyLimitBytes: 0 },
  resource('products', 'product'),
  resource('variants', 'product'),
  resource('categories', 'product'),
  resource('media', 'product'),
  resource('imports', 'product', { bodyLimitBytes: importBodyBytes, timeoutMs: 60_000 }),
  resource('exports', 'product', { timeoutMs: 60_000 }),
  resource('carts', 'cart'),
  resource('coupons', 'cart'),
  resource('orders', 'order', purchase),
  resource('returns', 'order'),
  resource('payment-intents', 'payment', purchase),
  resource('webhooks/payment', 'payment', { criticality: 'critical' }),
  resource('availability', 'inventory'),
  resource('warehouses', 'inventory'),
  resource('stock', 'inventory'),
  resource('me/preferences', 'notification'),
  resource('me/inbox', 'notification'),
  resource('notifications', 'notification'),
  resource('search', 'search', { limit: 'search' }),
  resource('suggest', 'search', { limit: 'search', criticality: 'sheddable' }),
];

/** Where the deployment guide's short paths lead: the first segment after `/api`. */
const shortNames = [
  'users',
  'products',
  'carts',
  'cart',
  'orders',
  'payments',
  'inventory',
  'notifications',
  'search',
] as const;

const renamed: Readonly<Record<string, string>> = { cart: 'carts', payments: 'payment-intents', inventory: 'stock' };

/** `/api/products/…` → `/api/v1/products/…`: the short form of the path, in the words of the routes. */
export const pathAliases: ReadonlyMap<string, string> = new Map(
  shortNames.map((name) => [`/api/${name}`, `/api/v1/${renamed[name] ?? name}`]),
);
