import { randomUUID } from 'node:crypto';
import { repeat } from '../harness/closed-loop.ts';
import { atMost, exactly, type Gate } from '../harness/report.ts';
import { type ServiceProgram, startService } from '../rig/shop/service-program.ts';
import { callers } from './races.ts';
import type { StockRig } from './rig.ts';

const units = 200;
const requests = 4 * callers;
const sku = 'last-units';

/** More callers than units: who gets one, and how many statements it takes. */
export async function countLastUnits(rig: StockRig): Promise<readonly Gate[]> {
  await rig.stock(sku, units);
  await using service = await startService('inventory', rig.tapped);
  const before = await rig.reserved();
  rig.tap.take();
  const statuses = new Map<number, number>();
  const ask = async () => {
    const status = await reserve(service);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  };
  await repeat(ask, { inFlight: callers, count: requests });
  const statements = rig.tap.take().operations.length;
  return [
    exactly(`callers that got one of ${units} units`, statuses.get(201) ?? 0, units),
    exactly('callers that were refused', statuses.get(409) ?? 0, requests - units),
    exactly('units that are reserved then', (await rig.reserved()) - before, units),
    // One transaction for each caller would take five times as many.
    atMost(`SQL statements for ${requests} requests of ${callers} callers`, statements, requests),
  ];
}

async function reserve(service: ServiceProgram): Promise<number> {
  const body = { orderId: randomUUID(), lines: [{ sku, quantity: 1 }] };
  const { status } = await service.call('POST', '/api/v1/reservations', { roles: ['service'], subject: 'order', body });
  return status;
}
