import { createHash } from 'node:crypto';
import { makeCatalogue } from '../../services/product/seed/catalogue.ts';
import type { ShopApi } from './shop-api.ts';

/** Two warehouses, the nearer one first. */
export const seedWarehouses = [
  { code: 'berlin', name: 'Berlin', priority: 10 },
  { code: 'rotterdam', name: 'Rotterdam', priority: 20 },
] as const;

/** One delivery: the inventory takes it once per reference, so that it may be sent again. */
export interface Delivery {
  readonly reference: string;
  readonly reason: 'received';
  readonly lines: readonly { readonly sku: string; readonly warehouseId: string; readonly delta: number }[];
}

/** Most lines of one adjustment. */
const batchSize = 500;

/** SKUs of the demonstration catalogue, in its order. */
export function seedSkus(): readonly string[] {
  return makeCatalogue().products.flatMap(({ variants }) => variants.map(({ sku }) => sku));
}

/** What comes into one warehouse. Every SKU is in each of them; of every thirtieth one piece only, so that some stock is low. */
export function deliveriesFor(warehouse: { readonly id: string; readonly code: string }): readonly Delivery[] {
  const lines = seedSkus().map((sku, index) => ({
    sku,
    warehouseId: warehouse.id,
    delta: index % 30 === 29 ? 1 : 10 + unitsOf(`${warehouse.code} ${sku}`),
  }));
  return Array.from({ length: Math.ceil(lines.length / batchSize) }, (_, batch) => ({
    reference: `seed-${warehouse.code}-${batch + 1}`,
    reason: 'received',
    lines: lines.slice(batch * batchSize, (batch + 1) * batchSize),
  }));
}

/** 0 to 127, the same each time. */
function unitsOf(text: string): number {
  return (createHash('sha256').update(text).digest()[0] ?? 0) % 128;
}

/** Makes the warehouses that are missing and sends every delivery; tells which warehouse is being filled. */
export async function seedStock(api: ShopApi, tell: (text: string) => void): Promise<string> {
  const present = await api.all('/api/v1/warehouses');
  let delivered = 0;
  for (const wanted of seedWarehouses) {
    const id =
      present.find(({ code }) => code === wanted.code)?.['id'] ??
      (await api.post('/api/v1/warehouses', wanted)).body['id'];
    tell(wanted.name);
    for (const delivery of deliveriesFor({ id: String(id), code: wanted.code })) {
      const { status } = await api.post('/api/v1/stock/adjustments', delivery, [200, 201]);
      delivered += status === 201 ? delivery.lines.length : 0;
    }
  }
  return delivered === 0 ? 'all of it was there' : `${delivered} levels filled`;
}
