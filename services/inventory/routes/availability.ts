/** `/api/v1/availability` */
import type { Route } from '#chassis/http/route.ts';
import { hasAnyRole } from '#contracts/identity.ts';
import type { InventoryDeps } from '../deps.ts';
import { availabilityOf, availableToPromise } from '../domain/availability.ts';
import { readSupply } from '../store/availability.ts';
import { privateHeaders, route } from './deps.ts';
import { availabilityQuery, availabilitySchema } from './schemas.ts';

/** Stock goes quickly; a page may be some seconds old, an order never is. */
const headers = { 'cache-control': 'public, max-age=5' } as const;
const nothing = { available: 0, backorderRoom: 0, lowStockAt: 0 };

const read = route(
  {
    operationId: 'getAvailability',
    method: 'GET',
    path: '/api/v1/availability',
    summary: 'Tell what can be had',
    description: 'One entry per SKU in the order of the question. A SKU that is not known cannot be had.',
    tag: 'availability',
    access: 'public',
    query: availabilityQuery,
    responses: { 200: { description: 'The answer.', schema: availabilitySchema } },
  },
  async ({ query: { skus }, identity }, { database }) => {
    const asked = [...new Set(skus)];
    const supplies = await readSupply(database.replica, asked);
    const isService = hasAnyRole(identity, ['service']);
    const items = asked.map((sku) => {
      const supply = supplies.get(sku) ?? nothing;
      const availability = availabilityOf(supply);
      return isService ? { sku, availability, availableToPromise: availableToPromise(supply) } : { sku, availability };
    });
    return { status: 200, body: { items }, headers: isService ? privateHeaders : headers };
  },
);

export const availabilityRoutes: readonly Route<InventoryDeps>[] = [read];
