/** Settings of the gateway. */
import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { httpSettings, identitySettings, processSettings, redisSettings } from '#chassis/config/base.ts';
import { liveSetting, setting } from '#chassis/config/settings.ts';
import { commaList, milliseconds, networks, oneOf, origin, text, wholeNumber } from '#chassis/config/values.ts';
import { servicePorts, type UpstreamName } from '#contracts/services.ts';

const upstream = (name: UpstreamName) =>
  setting({
    variable: `APP_UPSTREAM_${name.toUpperCase()}`,
    schema: origin.optional(),
    description: `Address of the ${name} service, e.g. \`http://shop-${name}:${servicePorts[name]}\`; without it its paths answer 503.`,
  });

const perMinute = (variable: string, requests: number, what: string) =>
  setting({
    variable,
    schema: wholeNumber(1, 10_000_000),
    fallback: String(requests),
    description: `Requests per minute: ${what}.`,
  });

/** Without encryption anybody on the way may change such a page, and so call the API with what its user has. */
const pageOrigin = origin
  // Compared letter by letter: a pattern would look as if it allowed something.
  .refine((value) => !value.includes('*'), 'each origin is named in full, without *')
  .refine((value) => value.startsWith('https://') || isLocal(value), {
    error: ({ input }) => `${String(input)} must begin with https://; http:// is for localhost and 127.0.0.1 only`,
  });

function isLocal(value: string): boolean {
  return ['localhost', '127.0.0.1'].includes(URL.parse(value)?.hostname ?? '');
}

export const gatewaySettings = {
  process: processSettings,
  http: httpSettings(servicePorts.gateway, { maxConcurrency: 256 }),
  identity: {
    ...identitySettings,
    jwks: liveSetting({
      variable: 'APP_IDENTITY_JWKS',
      schema: z.string().transform(parseJwks).optional(),
      description:
        'JSON Web Key Set with public RS256 keys of access tokens, of 2048 bits or more. They hold beside those that the user service tells, and while it has never answered.',
    }),
    keyRefreshMs: setting({
      variable: 'APP_IDENTITY_KEY_REFRESH_MS',
      // Waits are spread by half: the service's key set may be kept for five minutes.
      schema: wholeNumber(10, 200_000),
      fallback: '150000',
      description: 'How often the user service is asked for its keys.',
    }),
    endedSessionsPollMs: setting({
      variable: 'APP_ENDED_SESSIONS_POLL_MS',
      // Spread by half, too: what has ended is refused within five seconds.
      schema: wholeNumber(10, 3000),
      fallback: '2000',
      description: 'How often the user service is asked which sessions have ended.',
    }),
    issuer: setting({
      variable: 'APP_IDENTITY_ISSUER',
      schema: text(1, 256),
      fallback: 'ecommerce-stack',
      description: 'Issuer (`iss`) that access tokens must have.',
    }),
    audience: setting({
      variable: 'APP_IDENTITY_AUDIENCE',
      schema: text(1, 256),
      fallback: 'shop',
      description: 'Audience (`aud`) that access tokens must have.',
    }),
  },
  // A limiter that waits for Redis is worse than none: 200 ms is far above a healthy answer.
  redis: redisSettings(200),
  upstreams: {
    user: upstream('user'),
    product: upstream('product'),
    cart: upstream('cart'),
    order: upstream('order'),
    payment: upstream('payment'),
    inventory: upstream('inventory'),
    notification: upstream('notification'),
    search: upstream('search'),
  },
  limits: {
    enabled: setting({
      variable: 'APP_RATE_LIMIT',
      schema: oneOf(['on', 'off']),
      fallback: 'on',
      description: 'Whether rates are limited at all.',
    }),
    guestRead: perMinute('APP_RATE_LIMIT_GUEST_READ', 6000, 'reads of one address that is not signed in'),
    guestWrite: perMinute('APP_RATE_LIMIT_GUEST_WRITE', 600, 'changes of one address that is not signed in'),
    customerRead: perMinute('APP_RATE_LIMIT_CUSTOMER_READ', 6000, 'reads of one customer'),
    customerWrite: perMinute('APP_RATE_LIMIT_CUSTOMER_WRITE', 600, 'changes of one customer'),
    staffRead: perMinute('APP_RATE_LIMIT_STAFF_READ', 12_000, 'reads of one member of the staff'),
    staffWrite: perMinute('APP_RATE_LIMIT_STAFF_WRITE', 6000, 'changes of one member of the staff'),
    sensitive: perMinute(
      'APP_RATE_LIMIT_SENSITIVE',
      30,
      'sign-ins, registrations and changes of accounts of one address or user',
    ),
    checkout: perMinute('APP_RATE_LIMIT_CHECKOUT', 30, 'orders and payments of one address or user'),
    search: perMinute('APP_RATE_LIMIT_SEARCH', 1800, 'searches and suggestions of one address or user'),
  },
  proxy: {
    connectTimeoutMs: setting({
      variable: 'APP_UPSTREAM_CONNECT_TIMEOUT_MS',
      schema: wholeNumber(1, 60_000),
      fallback: '1000',
      description: 'Longest wait for a connection to a service.',
    }),
    idleTimeoutMs: setting({
      variable: 'APP_UPSTREAM_IDLE_TIMEOUT_MS',
      schema: milliseconds,
      fallback: '30000',
      description: 'Longest pause inside the body of a response.',
    }),
    callerIdleMs: setting({
      variable: 'APP_CALLER_IDLE_TIMEOUT_MS',
      schema: wholeNumber(1, 3_600_000),
      fallback: '30000',
      description: 'Longest time in which a caller takes nothing of its response.',
    }),
    connections: setting({
      variable: 'APP_UPSTREAM_CONNECTIONS',
      schema: wholeNumber(1, 10_000),
      fallback: '128',
      description: 'Most connections to one service.',
    }),
    cacheMaxAgeMs: setting({
      variable: 'APP_CACHE_MAX_AGE_MS',
      schema: wholeNumber(0, 60_000),
      fallback: '1000',
      description:
        'How long an answer that its service calls public is given to other guests as well, never longer than the service allows; 0: never.',
    }),
    trustedHops: setting({
      variable: 'APP_TRUSTED_PROXY_HOPS',
      schema: wholeNumber(0, 10),
      // The Ingress controller alone: a load balancer in front of it that forwards connections adds no entry.
      fallback: '1',
      description:
        'How many proxies are in front of the gateway: as many entries of `X-Forwarded-For` are believed, from the right. 1: the Ingress controller; 2: a load balancer that speaks HTTP before it; 0: none.',
    }),
    trustedProxies: setting({
      variable: 'APP_TRUSTED_PROXIES',
      schema: networks,
      // Private networks: an Ingress controller is always in one.
      fallback: '10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,127.0.0.0/8,100.64.0.0/10,fc00::/7,::1/128',
      description:
        'Networks in which these proxies are: from elsewhere `X-Forwarded-For` and `X-Forwarded-Proto` are not believed.',
    }),
    corsOrigins: setting({
      variable: 'APP_CORS_ORIGINS',
      schema: commaList.pipe(z.array(pageOrigin)),
      fallback: '',
      description:
        'Origins of pages that may call the API from a browser, e.g. `https://shop.example`; `http://` for `localhost` and `127.0.0.1` only.',
    }),
  },
} as const;

/** RFC 7518 §3.3: shorter ones must not be used for RS256. */
const fewestBits = 2048;

export const publicKeySetSchema = z.object({
  keys: z.array(
    z
      .object({
        kty: z.literal('RSA'),
        n: z.string(),
        e: z.string(),
        kid: z.string().optional(),
        d: z.never().optional(),
      })
      .refine(isStrong),
  ),
});

function isStrong({ n, e }: { readonly n: string; readonly e: string }): boolean {
  try {
    const key = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
    return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= fewestBits;
  } catch {
    return false;
  }
}

export type PublicKeySet = z.output<typeof publicKeySetSchema>;

function parseJwks(value: string, context: z.RefinementCtx): PublicKeySet {
  try {
    const result = publicKeySetSchema.safeParse(JSON.parse(value));
    if (result.success) return result.data;
  } catch {
    // Reported below.
  }
  context.addIssue({
    code: 'custom',
    message: `must be a JSON Web Key Set of public RSA keys of ${fewestBits} bits or more`,
  });
  return z.NEVER;
}
