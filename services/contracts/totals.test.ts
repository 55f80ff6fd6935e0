import test from 'ava';
import fc from 'fast-check';
import { calculateTotals, type DiscountTerms, divideHalfEven, type TotalsInput } from './totals.ts';

const rate = fc.integer({ min: 0, max: 10_000 });
const amount = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 1_000_000_000_000 }));
const line = fc.record({
  quantity: fc.integer({ min: 1, max: 99 }),
  unitPriceMinor: amount,
  taxRateBasisPoints: rate,
});
const discount: fc.Arbitrary<DiscountTerms> = fc.oneof(
  fc.record({ kind: fc.constant('percent' as const), basisPoints: rate }),
  fc.record({ kind: fc.constant('fixed' as const), amountMinor: amount }),
  fc.constant({ kind: 'free-shipping' as const }),
);
const input: fc.Arbitrary<TotalsInput> = fc.record({
  currency: fc.constantFrom('EUR' as const, 'JPY' as const, 'KWD' as const),
  lines: fc.array(line, { maxLength: 40 }),
  discounts: fc.array(discount, { maxLength: 4 }),
  shipping: fc.record({ feeMinor: amount, taxRateBasisPoints: rate }),
});
const add = (values: readonly number[]) => values.reduce((total, value) => total + BigInt(value), 0n);

test('sum of the lines + shipping + tax − discount is the total', (t) => {
  fc.assert(
    fc.property(input, (order) => {
      const totals = calculateTotals(order);
      const { subtotalMinor, shippingMinor, taxMinor, discountMinor, totalMinor } = totals;
      const parts = BigInt(subtotalMinor) + BigInt(shippingMinor) + BigInt(taxMinor) - BigInt(discountMinor);
      return (
        parts === BigInt(totalMinor) && BigInt(subtotalMinor) === add(totals.lines.map((one) => one.subtotalMinor))
      );
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

test('each line adds up, and no discount takes more than there is', (t) => {
  fc.assert(
    fc.property(input, (order) => {
      const totals = calculateTotals(order);
      const areLinesRight = totals.lines.every(
        ({ subtotalMinor, discountMinor, taxMinor, totalMinor }, index) =>
          discountMinor >= 0 &&
          discountMinor <= subtotalMinor &&
          subtotalMinor - discountMinor + taxMinor === totalMinor &&
          subtotalMinor === (order.lines[index]?.quantity ?? 0) * (order.lines[index]?.unitPriceMinor ?? 0),
      );
      const ofLines = add(totals.lines.map((one) => one.discountMinor));
      const isFree = order.discounts.some(({ kind }) => kind === 'free-shipping');
      const ofShipping = isFree ? BigInt(order.shipping.feeMinor) : 0n;
      return (
        areLinesRight &&
        ofLines + ofShipping === BigInt(totals.discountMinor) &&
        add(totals.discounts) === BigInt(totals.discountMinor) &&
        totals.totalMinor >= 0
      );
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

test('tax is at most half a unit away from the exact share, line by line', (t) => {
  fc.assert(
    fc.property(line, (one) => {
      const shipping = { feeMinor: 0, taxRateBasisPoints: 0 };
      const { lines } = calculateTotals({ currency: 'EUR', lines: [one], discounts: [], shipping });
      const { subtotalMinor, taxMinor } = lines[0] ?? { subtotalMinor: 0, taxMinor: 0 };
      const exact = BigInt(subtotalMinor) * BigInt(one.taxRateBasisPoints);
      const away = BigInt(taxMinor) * 10_000n - exact;
      return away <= 5000n && away >= -5000n;
    }),
  );
  t.pass();
});

test('a fixed discount is given to the last unit, and the same input always gives the same shares', (t) => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), amount, (lines, amountMinor) => {
      const order = {
        currency: 'EUR' as const,
        lines,
        discounts: [{ kind: 'fixed' as const, amountMinor }],
        shipping: { feeMinor: 0, taxRateBasisPoints: 0 },
      };
      const totals = calculateTotals(order);
      const wanted = Math.min(amountMinor, totals.subtotalMinor);
      return totals.discountMinor === wanted && JSON.stringify(calculateTotals(order)) === JSON.stringify(totals);
    }),
  );
  t.pass();
});

test('halves go to the even neighbour', (t) => {
  const rounded = [1n, 3n, 5n, 7n, 25n, 35n].map((value) => divideHalfEven(value, 1n, value > 10n ? 10n : 2n));
  t.deepEqual(rounded, [0n, 2n, 2n, 4n, 2n, 4n]);
  t.is(divideHalfEven(251n, 1n, 100n), 3n);
  t.is(divideHalfEven(249n, 1n, 100n), 2n);
});

test('an order by hand: percent, then fixed, then free shipping, with tax on what is left', (t) => {
  const totals = calculateTotals({
    currency: 'EUR',
    lines: [
      { quantity: 2, unitPriceMinor: 1999, taxRateBasisPoints: 1900 },
      { quantity: 1, unitPriceMinor: 501, taxRateBasisPoints: 700 },
    ],
    discounts: [{ kind: 'percent', basisPoints: 1000 }, { kind: 'fixed', amountMinor: 100 }, { kind: 'free-shipping' }],
    shipping: { feeMinor: 490, taxRateBasisPoints: 1900 },
  });
  t.deepEqual(totals, {
    currency: 'EUR',
    lines: [
      { subtotalMinor: 3998, discountMinor: 489, taxMinor: 667, totalMinor: 4176 },
      { subtotalMinor: 501, discountMinor: 61, taxMinor: 31, totalMinor: 471 },
    ],
    discounts: [450, 100, 490],
    subtotalMinor: 4499,
    discountMinor: 1040,
    shippingMinor: 490,
    taxMinor: 698,
    totalMinor: 4647,
  });
});

test('what is no amount, quantity or rate is refused', (t) => {
  const fine = { quantity: 1, unitPriceMinor: 1, taxRateBasisPoints: 0 };
  const shipping = { feeMinor: 0, taxRateBasisPoints: 0 };
  for (const bad of [
    { quantity: 0 },
    { quantity: -1 },
    { quantity: 1.5 },
    { quantity: Number.NaN },
    { unitPriceMinor: -1 },
    { unitPriceMinor: 0.1 },
    { unitPriceMinor: 2 ** 53 },
    { taxRateBasisPoints: 10_001 },
    { taxRateBasisPoints: -1 },
  ]) {
    const lines = [{ ...fine, ...bad }];
    t.throws(() => calculateTotals({ currency: 'EUR', lines, discounts: [], shipping }), { instanceOf: RangeError });
  }
  const lines = Array.from({ length: 100 }, () => ({ ...fine, quantity: 99, unitPriceMinor: 1_000_000_000_000 }));
  t.throws(() => calculateTotals({ currency: 'EUR', lines, discounts: [], shipping }), { message: /exact integers/ });
});
