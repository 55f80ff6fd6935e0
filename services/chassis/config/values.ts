/** Schemas that read the text of an environment variable. Their messages say what is allowed. */
import { isIP } from 'node:net';
import { z } from 'zod';

/** A whole number between `min` and `max`. */
export function wholeNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^-?\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

/** A text of bounded length. */
export function text(min: number, max: number) {
  return z.string().min(min, `must have at least ${min} characters`).max(max, `must have at most ${max} characters`);
}

/** A text that may be left out, or be empty, which is the same. */
export function optionalText(max: number) {
  return text(0, max).transform((value) => (value === '' ? undefined : value));
}

/** One of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, `must be one of ${words.join(', ')}`);
}

/** `true` or `false`. */
export const yesOrNo = z.enum(['true', 'false'], 'must be true or false').transform((word) => word === 'true');

/** A list separated by commas; blanks around entries are dropped, empty entries as well. */
export const commaList = z.string().transform((value) =>
  value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
);

/** A base address `http(s)://host[:port]` without path, query or credentials. */
export const origin = z
  .string()
  .refine(isOrigin, 'must be an address such as http://shop-product:3002, without a path');

/** Network addresses `host:port`, separated by commas. */
export const hostPorts = commaList.pipe(
  z
    .array(z.string().regex(/^[A-Za-z0-9.-]+:\d{1,5}$/, 'must be host:port[,host:port…]'))
    .min(1, 'must name at least one host:port'),
);

/** Networks in CIDR form, separated by commas. */
export const networks = commaList.pipe(
  z.array(
    z.string().refine(isNetwork, {
      error: ({ input }) => `${String(input)} is no network such as 10.0.0.0/8 or fc00::/7`,
    }),
  ),
);

/** A TCP port; 0 lets the system choose a free one. */
export const port = wholeNumber(0, 65_535);

/** A duration in milliseconds, at most one day. */
export const milliseconds = wholeNumber(0, 86_400_000);

function isOrigin(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === value;
}

function isNetwork(value: string): boolean {
  const [, address = '', prefix = ''] = /^([^/]+)\/(\d{1,3})$/.exec(value) ?? [];
  const family = isIP(address);
  // IPv4 written as IPv6 would match nobody: addresses are compared in their short form.
  const isMapped = /^::ffff:/i.test(address);
  return family !== 0 && !isMapped && !address.includes('%') && Number(prefix) <= (family === 4 ? 32 : 128);
}
