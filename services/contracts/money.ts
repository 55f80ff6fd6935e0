/** Money: an integer number of minor units and an ISO 4217 code. Never a float. */
import { z } from 'zod';

/**
 * Digits after the decimal point of the currencies that the shop knows (ISO 4217, list one). A currency that is not
 * here is refused: guessing its exponent would be wrong by a factor of 10 or 100.
 */
export const currencyExponents = {
  AUD: 2,
  BHD: 3,
  BRL: 2,
  CAD: 2,
  CHF: 2,
  CNY: 2,
  CZK: 2,
  DKK: 2,
  EUR: 2,
  GBP: 2,
  HUF: 2,
  INR: 2,
  JPY: 0,
  KRW: 0,
  KWD: 3,
  MXN: 2,
  NOK: 2,
  NZD: 2,
  PLN: 2,
  SEK: 2,
  TND: 3,
  USD: 2,
  ZAR: 2,
} as const;

export type Currency = keyof typeof currencyExponents;

/** Highest amount that we accept: 10^12 minor units, far below the exact integers of JSON numbers (2^53). */
export const maximumAmountMinor = 1_000_000_000_000;

/** All known currency codes. */
export const currencies = Object.keys(currencyExponents).filter(isCurrency);

/** True for a code in the table. */
export function isCurrency(code: string): code is Currency {
  return Object.hasOwn(currencyExponents, code);
}

/** `19.99 EUR`, `1999 JPY`, `1.234 BHD`: for people and logs, not for calculation. */
export function formatMoney(amountMinor: number, currency: Currency): string {
  const exponent = currencyExponents[currency];
  const digits = String(Math.abs(amountMinor)).padStart(exponent + 1, '0');
  const sign = amountMinor < 0 ? '-' : '';
  const whole = digits.slice(0, digits.length - exponent);
  return exponent === 0 ? `${sign}${whole} ${currency}` : `${sign}${whole}.${digits.slice(-exponent)} ${currency}`;
}

/** Schema of a currency code; the message lists what is allowed. */
export const currencySchema = z.enum(nonEmptyCurrencies()).meta({
  id: 'Currency',
  description: 'ISO 4217 code.',
});

/** Schema of an amount: integer minor units, not negative. */
export const amountMinorSchema = z
  .int()
  .min(0)
  .max(maximumAmountMinor)
  .meta({ description: 'Integer amount in minor units of the currency (cents for EUR, yen for JPY).' });

function nonEmptyCurrencies(): readonly [Currency, ...Currency[]] {
  const [first, ...rest] = currencies;
  if (first === undefined) throw new Error('the currency table is empty');
  return [first, ...rest];
}
