/**
 * Quantities as Kubernetes reads and spells them. Computed in whole nano units, the finest that Kubernetes keeps, so
 * nothing is rounded on the way.
 */
export interface Quantity {
  /** The value times 10^9. */
  readonly nano: bigint;
  /** Family of the suffix; the canonical spelling stays in it. */
  readonly format: 'binary' | 'decimal' | 'exponent';
}

const nanoPerUnit = 1_000_000_000n;

const decimalSuffixes: readonly string[] = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binarySuffixes: readonly string[] = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const exponentSuffixes: readonly string[] = ['e-9', 'e-6', 'e-3', '', 'e3', 'e6', 'e9', 'e12', 'e15', 'e18'];
const pattern = /^([+-]?)(\d+\.?\d*|\.\d+)(?:(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE])|[eE]([+-]?\d{1,2}))?$/;

/** A stack has a few dozen spellings, and every rule reads them anew. */
const read = new Map<string, Quantity | undefined>();
const mostRemembered = 1000;

/** Reads a quantity; `undefined` when Kubernetes would not accept the text (`1GB`, `1 Gi`, an empty string). */
export function parseQuantity(text: string | number): Quantity | undefined {
  const spelling = String(text);
  if (read.has(spelling)) {
    return read.get(spelling);
  }
  if (read.size === mostRemembered) {
    read.clear();
  }
  const quantity = readQuantity(spelling);
  read.set(spelling, quantity);
  return quantity;
}

function readQuantity(text: string): Quantity | undefined {
  const match = pattern.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, sign = '', digits = '', suffix = '', exponent] = match;
  const [whole = '', fraction = ''] = digits.split('.');
  const mantissa = BigInt(`${whole}${fraction}`);
  const { multiplier, divisor, format } = scaleOf(suffix, exponent);
  const magnitude = divideUp(mantissa * multiplier, divisor * 10n ** BigInt(fraction.length));
  return { nano: sign === '-' ? -magnitude : magnitude, format };
}

/** Negative, zero or positive as `a` is less than, equal to or more than `b`. Throws `RangeError` on no quantity. */
export function compareQuantities(a: string | number, b: string | number): number {
  const difference = mustParse(a).nano - mustParse(b).nano;
  return difference < 0n ? -1 : Number(difference > 0n);
}

/** The server's own spelling: `0.5` → `500m`, `1024Mi` → `1Gi`. Throws `RangeError` when the text is no quantity. */
export function canonicalQuantity(text: string | number): string {
  const quantity = mustParse(text);
  if (quantity.nano === 0n) {
    return '0';
  }
  if (quantity.format === 'binary' && isWholeFrom1024(quantity.nano)) {
    return spell(quantity.nano / nanoPerUnit, 1024n, binarySuffixes);
  }
  if (quantity.format === 'exponent') {
    return spell(quantity.nano, 1000n, exponentSuffixes);
  }
  return spell(quantity.nano, 1000n, decimalSuffixes);
}

/** Whole units (bytes, cores), rounded up. Throws `RangeError` when the text is no quantity. */
export function quantityToNumber(text: string | number): number {
  return Number(divideUp(mustParse(text).nano, nanoPerUnit));
}

function mustParse(text: string | number): Quantity {
  const quantity = parseQuantity(text);
  if (quantity === undefined) {
    throw new RangeError(`"${text}" is no Kubernetes quantity; write for example 500m, 2, 512Mi or 10Gi`);
  }
  return quantity;
}

function scaleOf(suffix: string, exponent: string | undefined) {
  if (exponent !== undefined) {
    const power = Number(exponent) + 9;
    return {
      multiplier: 10n ** BigInt(Math.max(power, 0)),
      divisor: 10n ** BigInt(Math.max(-power, 0)),
      format: 'exponent',
    } as const;
  }
  if (suffix.endsWith('i')) {
    const power = binarySuffixes.indexOf(suffix);
    return { multiplier: nanoPerUnit * 1024n ** BigInt(power), divisor: 1n, format: 'binary' } as const;
  }
  const power = decimalSuffixes.indexOf(suffix);
  return { multiplier: 1000n ** BigInt(power), divisor: 1n, format: 'decimal' } as const;
}

/** Kubernetes falls back to decimal spelling below 1024 and for parts of a byte. */
function isWholeFrom1024(nano: bigint): boolean {
  const magnitude = nano < 0n ? -nano : nano;
  return magnitude >= 1024n * nanoPerUnit && nano % nanoPerUnit === 0n;
}

function divideUp(value: bigint, divisor: bigint): bigint {
  return value % divisor > 0n ? value / divisor + 1n : value / divisor;
}

function spell(value: bigint, base: bigint, suffixes: readonly string[]): string {
  let rest = value;
  let power = 0;
  while (power < suffixes.length - 1 && rest % base === 0n) {
    rest /= base;
    power += 1;
  }
  return `${rest}${suffixes[power]}`;
}
