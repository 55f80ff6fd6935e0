import test from 'ava';
import fc from 'fast-check';
import { currencies, currencyExponents, currencySchema, formatMoney, maximumAmountMinor } from './money.ts';

test('amounts are written with the digits of their currency', (t) => {
  t.is(formatMoney(1999, 'EUR'), '19.99 EUR');
  t.is(formatMoney(5, 'EUR'), '0.05 EUR');
  t.is(formatMoney(-5, 'EUR'), '-0.05 EUR');
  t.is(formatMoney(1999, 'JPY'), '1999 JPY');
  t.is(formatMoney(1234, 'BHD'), '1.234 BHD');
});

test('a written amount reads back as the same minor units', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: -maximumAmountMinor, max: maximumAmountMinor }),
      fc.constantFrom(...currencies),
      (amount, currency) => {
        const [text = ''] = formatMoney(amount, currency).split(' ');
        const digits = text.replace('.', '');
        const fraction = text.split('.')[1] ?? '';
        return Number(digits) === amount && fraction.length === currencyExponents[currency];
      },
    ),
  );
  t.pass();
});

test('an unknown currency is refused with the known ones', (t) => {
  const result = currencySchema.safeParse('EURO');
  t.false(result.success);
  t.true(result.error?.message.includes('EUR'));
});
