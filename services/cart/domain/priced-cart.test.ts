import test from 'ava';
import type { Cart, CartLine } from './cart.ts';
import type { CouponTerms } from './coupon.ts';
import type { Offer, OfferPrice } from './offer.ts';
import { priceCart } from './priced-cart.ts';

const aLine = (variantId: string, changes: Partial<CartLine> = {}): CartLine => ({
  variantId,
  productId: variantId,
  quantity: 1,
  unitPriceMinor: 1000,
  priceVersion: 1,
  addedAtMs: 0,
  ...changes,
});

const aCart = (lines: readonly CartLine[], coupons: Cart['coupons'] = []): Cart => ({
  id: 'cart',
  currency: 'EUR',
  version: 1,
  createdAtMs: 0,
  changedAtMs: 0,
  lines,
  coupons,
  untoldMerges: [],
});

const price = (amountMinor: number): OfferPrice => ({ amountMinor, version: 2 });

const anOffer = (variantId: string, changes: Partial<Offer> = {}): Offer => ({
  variantId,
  productId: variantId,
  version: 2,
  isForSale: true,
  sku: `SKU-${variantId}`,
  title: variantId,
  options: {},
  prices: { EUR: price(1000) },
  ...changes,
});

const terms = (changes: Partial<CouponTerms>): CouponTerms => ({
  kind: 'percent',
  value: 1000,
  currency: null,
  minimumSpendMinor: 0,
  endsAt: null,
  ...changes,
});

const noCharges = { taxRateBasisPoints: 0, shippingFees: {} };

test('a line is available, unavailable or unverified by what the catalogue says', (t) => {
  const lines = ['same', 'moved', 'off', 'other-currency', 'gone', 'silent'].map((id) => aLine(id));
  const offers = new Map<string, Offer | undefined>([
    ['same', anOffer('same')],
    ['moved', anOffer('moved', { prices: { EUR: price(1100) } })],
    ['off', anOffer('off', { isForSale: false })],
    ['other-currency', anOffer('other-currency', { prices: { USD: price(1000) } })],
    ['gone', undefined],
    ['merged', anOffer('merged')],
  ]);
  const merged = aLine('merged', { unitPriceMinor: 0, priceVersion: 0 });
  const foreign = aLine('foreign', { unitPriceMinor: 0, priceVersion: 0 });
  const priced = priceCart(aCart([...lines, merged, foreign]), offers, noCharges, 0);
  t.deepEqual(
    priced.lines.map(({ state, unitPriceMinor, previousUnitPriceMinor }) => [
      state,
      unitPriceMinor,
      previousUnitPriceMinor,
    ]),
    [
      ['available', 1000, null],
      ['available', 1100, 1000],
      ['unavailable', 1000, null],
      ['unavailable', 1000, null],
      ['unavailable', 1000, null],
      ['unverified', 1000, null],
      ['available', 1000, null],
      ['unavailable', 0, null],
    ],
  );
  t.is(priced.totals.totalMinor, 1000 + 1100 + 1000 + 1000);
});

test('coupons whose terms are not met take nothing off, and the order of the codes does not matter', (t) => {
  const offers = new Map([['a', anOffer('a')]]);
  const coupons = [
    { code: 'A-FIXED', terms: terms({ kind: 'fixed', value: 100, currency: 'EUR' }) },
    { code: 'B-USD', terms: terms({ kind: 'fixed', value: 100, currency: 'USD' }) },
    { code: 'C-SPEND', terms: terms({ minimumSpendMinor: 1001, currency: 'EUR' }) },
    { code: 'D-ENDED', terms: terms({ endsAt: '2020-01-01T00:00:00.000Z' }) },
    { code: 'E-PERCENT', terms: terms({}) },
  ];
  const priced = priceCart(aCart([aLine('a')], coupons), offers, noCharges, Date.parse('2020-01-01T00:00:00Z'));
  t.deepEqual(
    priced.coupons.map(({ code, discountMinor }) => [code, discountMinor]),
    [
      ['C-SPEND', 0],
      ['D-ENDED', 0],
      ['E-PERCENT', 100],
      ['A-FIXED', 100],
      ['B-USD', 0],
    ],
  );
  t.deepEqual(
    priced.coupons.map(({ obstacle }) => obstacle),
    ['the articles must cost at least 1001 minor units together', 'it has ended', null, null, 'it is for carts in USD'],
  );
  t.is(priced.totals.totalMinor, 800);
});

test('nothing is shipped of an empty cart, and a currency that the shop does not know is a defect', (t) => {
  const charges = { taxRateBasisPoints: 1900, shippingFees: { EUR: 490 } };
  t.is(priceCart(aCart([]), new Map(), charges, 0).totals.totalMinor, 0);
  const gone = priceCart(aCart([aLine('a')]), new Map([['a', undefined]]), charges, 0);
  t.is(gone.totals.totalMinor, 0);
  t.throws(() => priceCart({ ...aCart([]), currency: 'XXX' }, new Map(), charges, 0), { message: /XXX/ });
});
