/** The wire format of the inventory. */
import { z } from 'zod';
import { cursorParameter, limitParameter, listParameter } from '#chassis/http/parameters.ts';
import { line } from '#chassis/http/texts.ts';
import { availabilities } from '#contracts/availability.ts';
import { strategies } from '../domain/allocation.ts';
import { reservationStatuses } from '../domain/reservation.ts';
import { adjustmentReasons, movementReasons } from '../domain/stock.ts';

const skuPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const sku = z
  .string()
  .regex(skuPattern, 'must be 1 to 64 characters of A-Z, a-z, 0-9, ".", "_", "-"')
  .meta({ description: 'Stock keeping unit.' });

const count = z.int().min(0).max(1_000_000_000);
const reference = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, 'must have 1 to 128 printable characters without blanks')
  .meta({ description: 'Your name for it, such as the number of a delivery: the same one again has no effect.' });

const nextCursor = z
  .string()
  .nullable()
  .meta({ description: 'Send it as `cursor` for the next page; null: this is the last.' });

export const idParams = z.strictObject({ id: z.uuid() });
export const skuParams = z.strictObject({ sku });
export const levelParams = z.strictObject({ warehouseId: z.uuid(), sku });

const page = { limit: limitParameter, cursor: cursorParameter.optional() };

export const availabilityQuery = z.strictObject({ skus: listParameter(sku, 100) });

export const availabilitySchema = z
  .strictObject({
    items: z.array(
      z
        .strictObject({
          sku: z.string(),
          availability: z
            .enum(availabilities)
            .meta({ description: '`backorder`: none is there, and more can be ordered. Exact counts are not public.' }),
          availableToPromise: z.int().min(0).optional().meta({
            description:
              'Units that can be sold now, with those that may be ordered beyond what is there. For services only.',
          }),
        })
        .meta({ id: 'SkuAvailability' }),
    ),
  })
  .meta({ id: 'Availability' });

const code = z
  .string()
  .max(32)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be words of a-z and 0-9 joined by hyphens')
  .meta({ description: 'Short and unique.' });

const warehouseFields = {
  code,
  name: line(120),
  priority: z.int().min(0).max(1000).meta({ description: 'The smallest is asked first.' }),
  isActive: z.boolean().meta({ description: 'Nothing is promised from a warehouse that is switched off.' }),
};

export const newWarehouseSchema = z
  .strictObject({
    ...warehouseFields,
    priority: warehouseFields.priority.default(100),
    isActive: warehouseFields.isActive.default(true),
  })
  .meta({ id: 'NewWarehouse' });

export const warehousePatchSchema = z
  .strictObject(warehouseFields)
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'must change at least one field')
  .meta({ id: 'WarehousePatch' });

export const warehouseSchema = z
  .strictObject({
    id: z.uuid(),
    ...warehouseFields,
    version: z.int().min(1),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Warehouse' });

export const warehousePageSchema = z
  .strictObject({ items: z.array(warehouseSchema), nextCursor })
  .meta({ id: 'WarehousePage' });

export const listWarehousesQuery = z.strictObject(page);

export const levelSchema = z
  .strictObject({
    sku: z.string(),
    warehouseId: z.uuid(),
    onHand: count.meta({ description: 'Units that are there, promised or not.' }),
    reserved: count.meta({ description: 'Units that are held for orders that are not paid yet.' }),
    backordered: count.meta({
      description: 'Units that were sold and are not there yet: the next delivery is theirs.',
    }),
    version: z
      .int()
      .min(1)
      .meta({ description: 'Grows when stock comes or goes, not with reservations: what a count replaces.' }),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'StockLevel' });

export const levelPageSchema = z
  .strictObject({ items: z.array(levelSchema), nextCursor })
  .meta({ id: 'StockLevelPage' });

export const listLevelsQuery = z.strictObject({
  ...page,
  sku: sku.optional(),
  warehouse: z.uuid().optional().meta({ description: 'Id of a warehouse.' }),
});

export const countSchema = z
  .strictObject({ onHand: count.meta({ description: 'Units that were counted.' }), reference })
  .meta({ id: 'StockCount' });

const adjustmentLine = z
  .strictObject({
    sku,
    warehouseId: z.uuid(),
    delta: z
      .int()
      .min(-1_000_000)
      .max(1_000_000)
      .refine((delta) => delta !== 0, 'must not be 0')
      .optional()
      .meta({ description: 'So many units more, or fewer. Either this or `counted`.' }),
    counted: count.optional().meta({ description: 'So many units were counted; needs `version`.' }),
    version: z
      .int()
      .min(1)
      .max(999_999_999)
      .optional()
      .meta({ description: 'Of the level: refused when stock has come or gone since.' }),
  })
  .refine(({ delta, counted }) => (delta === undefined) !== (counted === undefined), 'must have delta or counted')
  .refine(({ counted, version }) => counted === undefined || version !== undefined, {
    path: ['version'],
    message: 'is needed for a count',
  })
  .meta({ id: 'AdjustmentLine' });

export const newAdjustmentSchema = z
  .strictObject({
    reference,
    reason: z.enum(adjustmentReasons).meta({ description: 'Of the lines with `delta`; others get `counted`.' }),
    lines: z
      .array(adjustmentLine)
      .min(1)
      .max(500)
      .refine(
        (lines) => new Set(lines.map((one) => `${one.sku} ${one.warehouseId}`)).size === lines.length,
        'must name each level once',
      ),
  })
  .meta({ id: 'NewAdjustment' });

export const adjustmentSchema = z
  .strictObject({
    reference: z.string(),
    reason: z.enum(adjustmentReasons),
    levels: z.array(levelSchema).meta({ description: 'As they were after it.' }),
  })
  .meta({ id: 'Adjustment' });

const delta = z.int();
export const movementSchema = z
  .strictObject({
    id: z.int().min(1),
    sku: z.string(),
    warehouseId: z.uuid(),
    onHand: delta,
    reserved: delta,
    backordered: delta,
    reason: z.enum(movementReasons),
    reference: z.string().meta({ description: 'Id of the reservation, or reference of the adjustment.' }),
    actor: z.string().meta({ description: 'Id of a person, or name of a service.' }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'StockMovement', description: 'By how much the counters of a level changed, and why.' });

export const movementPageSchema = z
  .strictObject({ items: z.array(movementSchema), nextCursor })
  .meta({ id: 'StockMovementPage' });

export const listMovementsQuery = z.strictObject({
  ...page,
  sku: sku.optional(),
  warehouse: z.uuid().optional().meta({ description: 'Id of a warehouse.' }),
  reference: z.string().min(1).max(128).optional(),
});

const policyFields = {
  backorderCap: z
    .int()
    .min(0)
    .max(1_000_000)
    .meta({ description: 'Units that may be sold and are not there; 0: none.' }),
  lowStockAt: z.int().min(0).max(1_000_000).meta({ description: 'With so many or fewer the stock is low.' }),
  recoveredAt: z
    .int()
    .min(1)
    .max(1_000_001)
    .meta({ description: 'From so many on it is not low any more; more than `lowStockAt`.' }),
  backInStockAt: z
    .int()
    .min(1)
    .max(1_000_000)
    .meta({ description: 'From so many on it is told that a SKU that was out is back.' }),
};

export const itemPatchSchema = z
  .strictObject(policyFields)
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'must change at least one field')
  .meta({ id: 'StockItemPatch' });

export const itemSchema = z
  .strictObject({
    sku: z.string(),
    ...policyFields,
    alert: z.enum(['ok', 'low', 'out']).meta({ description: 'What was told last.' }),
    version: z.int().min(1).meta({ description: 'Of these rules.' }),
  })
  .meta({ id: 'StockItem' });

const orderLine = z.strictObject({ sku, quantity: z.int().min(1).max(10_000) }).meta({ id: 'OrderLine' });
const strategy = z.enum(strategies).meta({
  description:
    '`priority`: warehouses in their order; `most-stock`: where most lies; `single-shipment`: one warehouse for all where there is one.',
});
const ttlSeconds = z.int().min(1).max(86_400).meta({ description: 'How long the stock is held.' });

export const newReservationSchema = z
  .strictObject({
    orderId: z
      .uuid()
      .toLowerCase()
      .meta({ description: 'An order has one reservation: the same again has no effect.' }),
    holderId: z.uuid().toLowerCase().optional().meta({
      description:
        'For whom: the id of the customer, or that of the cart for a guest. So many active reservations as the shop allows are for the same one at once (10 unless it says otherwise).',
    }),
    lines: z
      .array(orderLine)
      .min(1)
      .max(100)
      .refine((lines) => new Set(lines.map((one) => one.sku)).size === lines.length, 'must name each SKU once'),
    strategy: strategy.optional(),
    ttlSeconds: ttlSeconds.optional(),
  })
  .meta({ id: 'NewReservation' });

export const extensionSchema = z.strictObject({ ttlSeconds: ttlSeconds.optional() }).meta({ id: 'Extension' });

export const reservationSchema = z
  .strictObject({
    id: z.uuid(),
    orderId: z.uuid(),
    holderId: z.uuid().nullable().meta({ description: 'For whom, as the request said; null: it did not.' }),
    status: z.enum(reservationStatuses),
    strategy,
    expiresAt: z.iso.datetime(),
    createdAt: z.iso.datetime(),
    closedAt: z.iso.datetime().nullable(),
    lines: z.array(
      z
        .strictObject({
          sku: z.string(),
          warehouseId: z.uuid(),
          quantity: z.int().min(1),
          backordered: z.int().min(0).meta({ description: 'How many of them were not there when they were promised.' }),
        })
        .meta({ id: 'ReservationLine' }),
    ),
  })
  .meta({ id: 'Reservation' });
