/** Events of the cart service, on `shop.cart.v1`. Only carts of signed-in customers are told of: nobody could write to a guest. */
import { z } from 'zod';
import { topics } from '../topics.ts';
import { eventType } from './event-type.ts';

const line = z
  .looseObject({
    variantId: z.string(),
    productId: z.string(),
    quantity: z.int().min(1),
    unitPriceMinor: z.int().min(0).meta({ description: 'As the customer saw it last, in the currency of the cart.' }),
  })
  .meta({ id: 'EventCartLine' });

const cartId = z.string().meta({ description: 'Changes with each order of the customer.' });
const common = {
  topic: topics.cart.name,
  aggregate: 'cart',
  key: (data: { readonly cartId: string }) => data.cartId,
  version: (data: { readonly version: number }) => data.version,
} as const;
const version = z.int().min(1).meta({ description: 'Version of the cart; grows by one with each change.' });

export const cartAbandoned = eventType({
  ...common,
  type: 'shop.cart.abandoned.v1',
  summary: 'Somebody left a filled cart alone. Sent once for each state of a cart that is left.',
  schema: z
    .looseObject({
      cartId,
      userId: z.uuid(),
      version,
      currency: z.string().regex(/^[A-Z]{3}$/),
      lines: z.array(line).min(1),
      changedAt: z.iso.datetime().meta({ description: 'Last change by the customer.' }),
    })
    .meta({ id: 'CartAbandoned' }),
});

export const cartMerged = eventType({
  ...common,
  type: 'shop.cart.merged.v1',
  summary: 'What a guest had collected is in the cart of the account now.',
  schema: z
    .looseObject({
      cartId,
      userId: z.uuid(),
      version,
      guestCartId: z.string().meta({ description: 'Public id of the cart that is gone; opens nothing.' }),
    })
    .meta({ id: 'CartMerged' }),
});
