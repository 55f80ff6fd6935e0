/** Events of the inventory service, on `shop.inventory.v1`. */
import { z } from 'zod';
import { topics } from '../topics.ts';
import { eventType } from './event-type.ts';

const count = z.int().min(0);

/** A SKU over all warehouses after the change: whoever sees the last event of a key knows all. */
const stock = z
  .looseObject({
    sku: z.string(),
    onHand: count.meta({ description: 'Units that are there, promised or not.' }),
    reserved: count.meta({ description: 'Units that are held for orders that are not paid yet.' }),
    backordered: count.meta({ description: 'Units that were sold and are not there yet.' }),
    available: count.meta({ description: 'Units that can be promised and are there.' }),
    availability: z
      .string()
      .meta({ description: '`in-stock`, `low-stock`, `backorder` (none there, more can be sold) or `out-of-stock`.' }),
    version: z.int().min(1).meta({ description: 'Grows with each change of the SKU.' }),
  })
  .meta({ id: 'EventStock' });

/** State of a SKU as events carry it. */
export type StockState = z.output<typeof stock>;

const common = { topic: topics.inventory.name, aggregate: 'stock' } as const;
const ofStock = {
  key: (data: { readonly stock: StockState }) => data.stock.sku,
  version: (data: { readonly stock: StockState }) => data.stock.version,
};

export const stockChanged = eventType({
  ...common,
  ...ofStock,
  type: 'shop.inventory.stock-changed.v1',
  summary: 'Counters of a SKU changed. Changes that are stored together are told of once.',
  schema: z.looseObject({ stock }).meta({ id: 'StockChanged' }),
});

export const stockLow = eventType({
  ...common,
  ...ofStock,
  type: 'shop.inventory.stock-low.v1',
  summary: 'The stock of a SKU became low. Not told again before it has recovered.',
  schema: z.looseObject({ stock, lowStockAt: count }).meta({ id: 'StockLow' }),
});

export const stockOut = eventType({
  ...common,
  ...ofStock,
  type: 'shop.inventory.stock-out.v1',
  summary: 'Nothing of a SKU is left to promise. Not told again before it was back.',
  schema: z.looseObject({ stock }).meta({ id: 'StockOut' }),
});

export const backInStock = eventType({
  ...common,
  ...ofStock,
  type: 'shop.inventory.back-in-stock.v1',
  summary: 'A SKU that was out, or never there, can be had again.',
  schema: z.looseObject({ stock }).meta({ id: 'BackInStock' }),
});

export const reservationExpired = eventType({
  ...common,
  type: 'shop.inventory.reservation-expired.v1',
  summary:
    'What was held of a SKU for an order is free again, because its time was over. One event per SKU of the order.',
  schema: z
    .looseObject({
      sku: z.string(),
      quantity: z.int().min(1),
      reservationId: z.uuid(),
      orderId: z.uuid(),
      expiredAt: z.iso.datetime(),
    })
    .meta({ id: 'ReservationExpired' }),
  key: ({ sku }) => sku,
});
