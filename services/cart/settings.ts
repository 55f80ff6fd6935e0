/** Settings of the cart service. */
import { z } from 'zod';
import {
  httpSettings,
  identitySettings,
  optionalKafkaSettings,
  outboxSettings,
  postgresSettings,
  processSettings,
  redisSettings,
} from '#chassis/config/base.ts';
import { numberSetting, setting } from '#chassis/config/settings.ts';
import { commaList, origin } from '#chassis/config/values.ts';
import { currencySchema, isCurrency, maximumAmountMinor } from '#contracts/money.ts';
import { servicePorts } from '#contracts/services.ts';

const days = 24;

/** `EUR:490,JPY:800` */
const fees = commaList
  .pipe(
    z.array(
      z
        .string()
        .regex(/^[A-Z]{3}:\d{1,13}$/, 'must be CURRENCY:minor units, e.g. EUR:490,USD:590')
        .refine((entry) => isCurrency(entry.slice(0, 3)), 'names a currency that the shop does not know')
        .refine((entry) => Number(entry.slice(4)) <= maximumAmountMinor, 'has an amount that is too high'),
    ),
  )
  .transform((entries) => Object.fromEntries(entries.map((entry) => [entry.slice(0, 3), Number(entry.slice(4))])));

export const cartSettings = {
  process: processSettings,
  http: httpSettings(servicePorts.cart),
  identity: identitySettings,
  postgres: postgresSettings,
  // Short: a caller that waits for Redis makes its own callers wait.
  redis: redisSettings(300),
  kafka: optionalKafkaSettings,
  outbox: outboxSettings,
  carts: {
    defaultCurrency: setting({
      variable: 'APP_DEFAULT_CURRENCY',
      schema: currencySchema,
      fallback: 'EUR',
      description: 'Currency of carts that are made without naming one.',
    }),
    guestHours: numberSetting(
      'APP_GUEST_CART_HOURS',
      [1, 8760],
      30 * days,
      'How long the cart of a guest stays untouched.',
    ),
    userHours: numberSetting(
      'APP_USER_CART_HOURS',
      [1, 8760],
      90 * days,
      'How long the cart of an account stays untouched.',
    ),
    emptyHours: numberSetting(
      'APP_EMPTY_CART_HOURS',
      [1, 8760],
      6,
      'How long a new cart of a guest stays without an article.',
    ),
    abandonedAfterSeconds: numberSetting(
      'APP_CART_ABANDONED_AFTER_S',
      [1, 90 * 86_400],
      86_400,
      'After how many seconds without a change a filled cart of an account counts as abandoned.',
    ),
    sweepMs: numberSetting('APP_CART_SWEEP_MS', [10, 3_600_000], 60_000, 'How often abandoned carts are looked for.'),
    quoteSeconds: numberSetting('APP_QUOTE_LIFETIME_S', [1, 86_400], 900, 'How long the prices of a quote are kept.'),
    couponGuesses: numberSetting(
      'APP_COUPON_GUESSES',
      [1, 1_000_000],
      20,
      'Unknown coupon codes of one network address in ten minutes; more are answered 429.',
    ),
  },
  charges: {
    taxRateBasisPoints: numberSetting(
      'APP_TAX_RATE_BASIS_POINTS',
      [0, 10_000],
      0,
      'Tax on articles and shipping in hundredths of a percent: 1900 is 19 %. Prices are without it.',
    ),
    shippingFees: setting({
      variable: 'APP_SHIPPING_FEES',
      schema: fees,
      fallback: '',
      description: 'Flat shipping fee by currency in minor units, e.g. `EUR:490,USD:590`; none for other currencies.',
    }),
  },
  neighbours: {
    product: setting({
      variable: 'APP_UPSTREAM_PRODUCT',
      schema: origin,
      description: 'Address of the product service: who knows the prices.',
    }),
    inventory: setting({
      variable: 'APP_UPSTREAM_INVENTORY',
      schema: origin.optional(),
      description: 'Address of the inventory service; without it everything counts as in stock until the order.',
    }),
    productTimeoutMs: numberSetting(
      'APP_PRODUCT_TIMEOUT_MS',
      [1, 30_000],
      1000,
      'Longest wait for the product service.',
    ),
    inventoryTimeoutMs: numberSetting(
      'APP_INVENTORY_TIMEOUT_MS',
      [1, 30_000],
      300,
      'Longest wait for the inventory service; what it does not answer counts as in stock.',
    ),
    offerCacheSeconds: numberSetting(
      'APP_OFFER_CACHE_S',
      [1, 86_400],
      300,
      'How long prices are believed that no event has changed.',
    ),
  },
} as const;
