/**
 * Is it in stock? A soft question at the moment of putting something into a cart: a wrong "yes" is found at the order, which reserves.
 * So whatever is not a clear "no" counts as "yes", and an inventory that is away is not asked for a while.
 */
import { z } from 'zod';
import type { Logger } from '#chassis/logger.ts';
import { type Neighbour, NeighbourError } from '#chassis/neighbours/neighbour.ts';

export interface StockCheck {
  /** Units of the SKU that can be sold now; nothing when nobody says. */
  availableToPromise(sku: string): Promise<number | undefined>;
}

/** After a failure the inventory is left alone: customers must not wait for its timeout each time. */
const pauseMs = 2000;

/** What we read of `GET /api/v1/availability`; the number is told to services, by releases that know it. */
const answerSchema = z.looseObject({
  items: z.array(
    z.looseObject({
      sku: z.string(),
      availability: z.string(),
      availableToPromise: z.int().min(0).optional(),
    }),
  ),
});

/** Without an inventory nobody says anything. */
export function createStockCheck(inventory: Pick<Neighbour, 'get'> | undefined, logger: Logger): StockCheck {
  let pausedUntil = 0;
  return {
    availableToPromise: async (sku) => {
      if (inventory === undefined || performance.now() < pausedUntil) return undefined;
      try {
        const path = `/api/v1/availability?skus=${encodeURIComponent(sku)}`;
        return readUnits(await inventory.get(path, answerSchema), sku);
      } catch (err) {
        if (!(err instanceof NeighbourError)) throw err;
        pausedUntil = performance.now() + pauseMs;
        logger.warn({ err }, 'stock is not checked: the inventory does not answer');
        return undefined;
      }
    },
  };
}

function readUnits({ items }: z.output<typeof answerSchema>, sku: string): number | undefined {
  const item = items.find((one) => one.sku === sku);
  return item?.availableToPromise ?? (item?.availability === 'out-of-stock' ? 0 : undefined);
}
