/** The wire format of carts, coupons and quotes. */
import { z } from 'zod';
import { booleanParameter, cursorParameter, limitParameter } from '#chassis/http/parameters.ts';
import { amountMinorSchema, currencySchema, maximumAmountMinor } from '#contracts/money.ts';
import { maximumCoupons, maximumQuantity } from '../domain/cart.ts';
import { couponKey, couponKinds } from '../domain/coupon.ts';

const cartId = z
  .string()
  .regex(/^(current|[0-9a-f]{32})$/, 'must be the id of a cart, or current')
  .meta({ description: 'Id of the cart, or `current`: whichever the caller has.' });
const lowerUuid = z.uuid().transform((id) => id.toLowerCase());
const couponCode = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{2,39}$/, 'must be 3 to 40 characters of A-Z, 0-9, "_", "-"')
  .transform(couponKey);

export const cartParams = z.strictObject({ cartId });
export const lineParams = z.strictObject({ cartId, variantId: lowerUuid });
export const couponParams = z.strictObject({ cartId, code: couponCode });
export const idParams = z.strictObject({ id: z.uuid() });
export const orderParams = z.strictObject({ orderId: lowerUuid });

export const newCartSchema = z
  .strictObject({
    currency: currencySchema
      .optional()
      .meta({ description: 'An empty cart takes it over; a filled one keeps its own.' }),
  })
  .meta({ id: 'NewCart' });

export const quantitySchema = z
  .strictObject({
    quantity: z
      .int()
      .min(1)
      .max(maximumQuantity)
      .meta({ description: `Pieces from now on: 1 to ${maximumQuantity}.` }),
  })
  .meta({ id: 'LineQuantity' });

export const quantityChangeSchema = z
  .strictObject({
    add: z
      .int()
      .min(-maximumQuantity)
      .max(maximumQuantity)
      .refine((value) => value !== 0, 'must not be 0')
      .meta({ description: 'Pieces more, or less when negative. A line with none left goes.' }),
  })
  .meta({ id: 'LineQuantityChange' });

export const addCouponSchema = z.strictObject({ code: couponCode }).meta({ id: 'AddCoupon' });

export const mergeSchema = z
  .strictObject({
    token: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .meta({ description: 'Secret of the guest’s cart, where neither header nor cookie carries it.' }),
  })
  .meta({ id: 'MergeCarts' });

const shownAmount = z.int().min(0);
const hexId = z.string().regex(/^[0-9a-f]{32}$/);

const lineTotals = {
  subtotalMinor: shownAmount,
  discountMinor: shownAmount,
  taxMinor: shownAmount,
  totalMinor: shownAmount,
};

const cartLine = z
  .strictObject({
    variantId: z.uuid(),
    productId: z.uuid(),
    sku: z.string().nullable(),
    title: z
      .string()
      .nullable()
      .meta({ description: 'Null while the catalogue does not answer, or knows it no more.' }),
    options: z.record(z.string(), z.string()).nullable().meta({
      description: 'What tells it from the product’s other variants, such as its colour; null like the title.',
    }),
    quantity: z.int().min(1),
    unitPriceMinor: shownAmount,
    previousUnitPriceMinor: shownAmount
      .nullable()
      .meta({ description: 'What the customer saw before, if that was another price.' }),
    state: z.enum(['available', 'unavailable', 'unverified']).meta({
      description: '`unavailable` is not for sale and not counted; `unverified`: the price is the last one known.',
    }),
    ...lineTotals,
  })
  .meta({ id: 'CartLine' });

const cartCoupon = z
  .strictObject({
    code: z.string(),
    discountMinor: shownAmount,
    obstacle: z.string().nullable().meta({ description: 'Why it takes nothing off now.' }),
  })
  .meta({ id: 'CartCoupon' });

const totals = z
  .strictObject({
    currency: currencySchema,
    subtotalMinor: shownAmount,
    discountMinor: shownAmount.meta({ description: 'That on shipping included.' }),
    shippingMinor: shownAmount,
    taxMinor: shownAmount,
    totalMinor: shownAmount.meta({ description: 'Subtotal + shipping + tax − discount.' }),
  })
  .meta({ id: 'Totals' });

const priced = {
  currency: currencySchema,
  lines: z.array(cartLine).max(100),
  coupons: z.array(cartCoupon).max(maximumCoupons),
  totals,
};

const cart = {
  id: hexId,
  kind: z.enum(['user', 'guest']),
  version: z.int().min(1).meta({ description: 'Grows by one with each change.' }),
  ...priced,
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().meta({ description: 'When it goes if nobody changes it.' }),
};

export const cartSchema = z.strictObject(cart).meta({ id: 'Cart' });
export const mergedCartSchema = z
  .strictObject({
    ...cart,
    cutLines: z.int().min(0).meta({ description: 'Lines of the guest’s cart that did not fit as they were.' }),
  })
  .meta({ id: 'MergedCart' });

const quote = {
  id: z.uuid(),
  cartId: hexId,
  cartVersion: z.int().min(1),
  ...priced,
  priceChanges: z
    .array(
      z
        .strictObject({ variantId: z.uuid(), previousUnitPriceMinor: shownAmount, unitPriceMinor: shownAmount })
        .meta({ id: 'PriceChange' }),
    )
    .meta({ description: 'Prices that are others than those the customer saw last.' }),
  expiresAt: z.iso.datetime().meta({ description: 'Until when the prices are kept.' }),
};

export const quoteSchema = z.strictObject(quote).meta({ id: 'Quote' });
export const storedQuoteSchema = z
  .strictObject({ ...quote, userId: z.uuid().nullable().meta({ description: 'Null: a guest.' }) })
  .meta({ id: 'StoredQuote' });

const uses = z.int().min(1).max(1_000_000_000).nullable();
const couponFields = {
  startsAt: z.iso.datetime().nullable().meta({ description: 'Null: from now on.' }),
  endsAt: z.iso.datetime().nullable().meta({ description: 'Null: for ever. Not valid at this moment any more.' }),
  isActive: z.boolean(),
  maximumUses: uses.meta({ description: 'By all customers together; null: as often as they like.' }),
  maximumUsesPerUser: uses.meta({
    description: 'By one account; null: as often as it likes. Guests are not told apart.',
  }),
};

export const newCouponSchema = z
  .strictObject({
    code: couponCode,
    kind: z.enum(couponKinds),
    value: z.int().min(0).max(maximumAmountMinor).meta({
      description: '`percent`: hundredths of a percent, 1 to 10000. `fixed`: minor units. `free-shipping`: 0.',
    }),
    currency: currencySchema
      .nullable()
      .default(null)
      .meta({ description: 'Needed for `fixed` and for a least spend.' }),
    minimumSpendMinor: amountMinorSchema.default(0),
    startsAt: couponFields.startsAt.default(null),
    endsAt: couponFields.endsAt.default(null),
    isActive: couponFields.isActive.default(true),
    maximumUses: couponFields.maximumUses.default(null),
    maximumUsesPerUser: couponFields.maximumUsesPerUser.default(null),
  })
  .refine(({ kind, value }) => kind !== 'percent' || (value >= 1 && value <= 10_000), {
    path: ['value'],
    message: 'must be 1 to 10000 hundredths of a percent',
  })
  .refine(({ kind, value }) => kind !== 'fixed' || value >= 1, { path: ['value'], message: 'must be at least 1' })
  .refine(({ kind, value }) => kind !== 'free-shipping' || value === 0, { path: ['value'], message: 'must be 0' })
  .refine(
    ({ kind, currency, minimumSpendMinor }) => currency !== null || (kind !== 'fixed' && minimumSpendMinor === 0),
    {
      path: ['currency'],
      message: 'is needed for a fixed amount and for a least spend',
    },
  )
  .meta({ id: 'NewCoupon' });

export const couponPatchSchema = z
  .strictObject(couponFields)
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'must change at least one field')
  .meta({ id: 'CouponPatch' });

export const couponSchema = z
  .strictObject({
    id: z.uuid(),
    code: z.string(),
    kind: z.enum(couponKinds),
    value: z.int().min(0),
    currency: z.string().nullable(),
    minimumSpendMinor: z.int().min(0),
    ...couponFields,
    used: z.int().min(0),
    version: z.int().min(1),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Coupon' });

export const couponPageSchema = z
  .strictObject({
    items: z.array(couponSchema),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'Send it as `cursor` for the next page; null: this is the last.' }),
  })
  .meta({ id: 'CouponPage' });

export const listCouponsQuery = z.strictObject({
  limit: limitParameter,
  cursor: cursorParameter.optional(),
  isActive: booleanParameter.optional(),
});

export const redemptionSchema = z
  .strictObject({
    orderId: lowerUuid,
    userId: lowerUuid.nullable().meta({ description: 'Null: a guest.' }),
    codes: z
      .array(couponCode)
      .min(1)
      .max(maximumCoupons)
      .refine((codes) => new Set(codes).size === codes.length, 'must name each coupon once'),
  })
  .meta({ id: 'CouponRedemption' });

export const redemptionResultSchema = z
  .strictObject({
    state: z.enum(['redeemed', 'repeated']).meta({ description: '`repeated`: the order had them already.' }),
  })
  .meta({ id: 'CouponRedemptionResult' });

export const releaseResultSchema = z
  .strictObject({ released: z.int().min(0).meta({ description: 'Uses that were given back now.' }) })
  .meta({ id: 'CouponReleaseResult' });

export const completeCartSchema = z
  .strictObject({ cartId: hexId, userId: lowerUuid.nullable().meta({ description: 'Null: a guest.' }) })
  .meta({ id: 'CompleteCart' });
