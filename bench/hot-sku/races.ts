import { randomUUID } from 'node:crypto';
import { loadSettings } from '#chassis/config/settings.ts';
import { mintInternalIdentity } from '#chassis/identity/internal-identity.ts';
import { silentLogger } from '#chassis/logger.ts';
import { buildService } from '#chassis/running-service.ts';
import { testInternalKey } from '#chassis/testing/service-under-test.ts';
import type { InventoryDeps } from '../../services/inventory/deps.ts';
import { inventoryService } from '../../services/inventory/service.ts';
import { reserveByLock } from '../../services/inventory/testing/reserve-by-lock.ts';
import type { BenchOptions } from '../bench.ts';
import { closedLoop } from '../harness/closed-loop.ts';
import { descendantsMeter } from '../harness/descendants.ts';
import { type Comparison, interleave, type Variant } from '../harness/interleave.ts';
import { meterOf, ownMeter } from '../harness/process-cpu.ts';
import { openLoad } from '../rig/shop/http-load.ts';
import { startService } from '../rig/shop/service-program.ts';
import { type StockRig, skus } from './rig.ts';

/** Who all want something at the same moment. */
export const callers = 64;

const sliceMs = 500;
const [hot = ''] = skus;

/** One caller after the other takes the next SKU; the step is prime to their number. */
function createRotation(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return skus[(count * 7919) % skus.length] ?? hot;
  };
}

/** Callers in the process of the service: groups against a lock for each. */
export async function raceInProcess(rig: StockRig, { rounds }: BenchOptions): Promise<Comparison> {
  const settings = loadSettings(inventoryService.settings, { ...rig.environment, APP_INTERNAL_KEY: testInternalKey });
  const { deps, close } = buildService(inventoryService, settings, silentLogger);
  const variants = [
    variant(rig, 'groups', () => reserveInGroup(deps, hot)),
    variant(rig, 'lock', () => reserveByLock(deps, hot)),
  ];
  try {
    return await interleave(variants, { rounds, meters: [ownMeter('bench'), descendantsMeter('PostgreSQL', [])] });
  } finally {
    await close();
  }
}

function reserveInGroup({ reserving }: InventoryDeps, sku: string): Promise<unknown> {
  const lines = [{ sku, quantity: 1 }];
  return reserving.add({ orderId: randomUUID(), lines, strategy: 'priority', ttlMs: 900_000, actor: 'order' });
}

/** Callers of the service as the order service calls it. */
export async function raceOverHttp(rig: StockRig, { rounds }: BenchOptions): Promise<Comparison> {
  await using service = await startService('inventory', rig.environment);
  await using load = openLoad(service.url, callers);
  const next = createRotation();
  const variants = [
    variant(rig, 'one SKU', () => postReservation(load, hot)),
    variant(rig, 'many SKUs', () => postReservation(load, next())),
  ];
  const meters = [meterOf('service', service.pid), ownMeter('bench'), descendantsMeter('PostgreSQL', [service.pid])];
  return await interleave(variants, { rounds, meters });
}

/** Asks as the order service does. */
export function postReservation(load: ReturnType<typeof openLoad>, sku: string): Promise<void> {
  const identity = mintInternalIdentity({ subject: 'order', roles: ['service'] }, [testInternalKey], Date.now());
  const body = { orderId: randomUUID(), lines: [{ sku, quantity: 1 }] };
  return load.post('/api/v1/reservations', body, { 'x-internal-identity': identity });
}

function variant(rig: StockRig, name: string, reserve: () => Promise<unknown>): Variant {
  let before = 0;
  let done = 0;
  return {
    name,
    prepare: async () => {
      before = await rig.reserved();
    },
    run: async () => {
      done = await closedLoop(reserve, { inFlight: callers, durationMs: sliceMs });
      return done;
    },
    check: async () => {
      const reserved = (await rig.reserved()) - before;
      if (reserved !== done) {
        throw new Error(`${name}: ${done} callers were told that they have a unit, and ${reserved} are reserved`);
      }
    },
  };
}
