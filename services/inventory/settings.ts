/** Settings of the inventory service. */
import {
  httpSettings,
  identitySettings,
  optionalKafkaSettings,
  outboxSettings,
  postgresSettings,
  processSettings,
} from '#chassis/config/base.ts';
import { numberSetting, setting } from '#chassis/config/settings.ts';
import { oneOf } from '#chassis/config/values.ts';
import { servicePorts } from '#contracts/services.ts';
import { strategies } from './domain/allocation.ts';

const dayMs = 86_400_000;

export const inventorySettings = {
  process: processSettings,
  // Reservations of one article wait for their group, not for a connection each: hundreds cost no more than one.
  http: httpSettings(servicePorts.inventory, { maxConcurrency: 1024 }),
  identity: identitySettings,
  postgres: postgresSettings,
  kafka: optionalKafkaSettings,
  outbox: outboxSettings,
  reservations: {
    ttlMs: numberSetting(
      'APP_RESERVATION_TTL_MS',
      [1000, dayMs],
      900_000,
      'How long stock is held for an order, unless the order says otherwise.',
    ),
    longestMs: numberSetting(
      'APP_RESERVATION_LONGEST_MS',
      [1000, 7 * dayMs],
      7_200_000,
      'A reservation is extended until so long after its creation at most.',
    ),
    perCustomer: numberSetting(
      'APP_RESERVATIONS_PER_CUSTOMER',
      [1, 10_000],
      10,
      'Most reservations that a customer, or a guest by the cart, has at once: those that are neither confirmed nor over. It holds for requests that name a `holderId`.',
    ),
    strategy: setting({
      variable: 'APP_STOCK_STRATEGY',
      schema: oneOf(strategies),
      fallback: 'priority',
      description:
        'Which warehouses an order is served from: `priority` in their order, `most-stock` where most lies, `single-shipment` one for all where there is one.',
    }),
    sweepMs: numberSetting(
      'APP_RESERVATION_SWEEP_MS',
      [10, 600_000],
      1000,
      'How often expired reservations are looked for. Nothing waits for it: what is expired cannot be confirmed and gives way to the next order.',
    ),
  },
  groups: {
    maxItems: numberSetting(
      'APP_STOCK_GROUP_MAX_ITEMS',
      [1, 1000],
      128,
      'Most callers who want the same SKU that share one transaction.',
    ),
    maxRunning: numberSetting(
      'APP_STOCK_GROUP_MAX_RUNNING',
      [1, 200],
      12,
      'Most transactions of reservations at once; never more than two fewer than `APP_POSTGRES_POOL_MAX`, so that other work has connections.',
    ),
    maxWaiting: numberSetting(
      'APP_STOCK_GROUP_MAX_WAITING',
      [1, 100_000],
      2000,
      'Most reservations that wait for a transaction; what is beyond is answered 503 at once.',
    ),
  },
  verification: {
    periodMs: numberSetting(
      'APP_STOCK_VERIFY_MS',
      [100, dayMs],
      300_000,
      'How often all counters are compared with the ledger (`inventory_drift_levels`).',
    ),
  },
} as const;
