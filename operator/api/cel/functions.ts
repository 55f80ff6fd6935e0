import { canonicalQuantity, compareQuantities, parseQuantity, quantityToNumber } from '../v1beta1/quantity.ts';

/** What an expression works on: JSON, and quantities. */
export type Value = unknown;

/** A fault of an expression or of the data it met; the rule then counts as broken, as it does on the API server. */
export class EvaluationError extends Error {}

/** A value made by `quantity(…)`. */
export class QuantityValue {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Functions by name; methods begin with a dot and get their target first. */
export const functions: Readonly<Record<string, (...values: readonly Value[]) => Value>> = {
  string: (value) => toText(value),
  int: (value) => toInteger(value),
  // Numbers are all one kind here.
  double: (value) => value,
  size: (value) => sizeOf(value),
  '.size': (value) => sizeOf(value),
  isQuantity: (value) => parseQuantity(asText(value)) !== undefined,
  quantity: (value) => new QuantityValue(canonicalQuantity(asText(value))),
  '.compareTo': (one, other) => compareQuantities(asQuantity(one).text, asQuantity(other).text),
  '.matches': (text, pattern) => new RegExp(asText(pattern), 'u').test(asText(text)),
  '.asApproximateFloat': (quantity) => quantityToNumber(asQuantity(quantity).text),
  '.split': (text, separator) => asText(text).split(asText(separator)),
  '.isSorted': (list) => asList(list).every((item, index, all) => index === 0 || order(all[index - 1], item) <= 0),
  '.format': (template, values) => format(asText(template), asList(values)),
};

/** A list as it is, or the keys of a map: what macros go over. */
export function itemsOf(value: Value): readonly Value[] {
  return isMap(value) ? Object.keys(value) : asList(value);
}

/** A JSON object. */
export function isMap(value: Value): value is Readonly<Record<string, Value>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof QuantityValue);
}

/** Negative, zero or positive; only numbers among numbers and strings among strings can be ordered. */
export function order(one: Value, other: Value): number {
  if (typeof one === 'number' && typeof other === 'number') {
    return one - other;
  }
  return asText(one) < asText(other) ? -1 : Number(one !== other);
}

/** The list, or an error. */
export function asList(value: Value): readonly Value[] {
  if (Array.isArray(value)) {
    return value;
  }
  throw new EvaluationError('expected a list');
}

function asText(value: Value): string {
  if (typeof value === 'string') {
    return value;
  }
  throw new EvaluationError('expected a string');
}

function asQuantity(value: Value): QuantityValue {
  if (value instanceof QuantityValue) {
    return value;
  }
  throw new EvaluationError('expected a quantity');
}

function sizeOf(value: Value): number {
  // CEL counts code points.
  return typeof value === 'string' ? [...value].length : itemsOf(value).length;
}

function toInteger(value: Value): number {
  const number = Number(value);
  if (!Number.isInteger(number)) {
    throw new EvaluationError('expected an integer');
  }
  return number;
}

function toText(value: Value): string {
  if (['string', 'number', 'boolean'].includes(typeof value)) {
    return String(value);
  }
  throw new EvaluationError('expected a scalar');
}

/** `%s`, with lists as the API server writes them: `["a", "b"]`. */
function format(template: string, values: readonly Value[]): string {
  let next = 0;
  return template.replace(/%[%s]/g, (directive) => {
    if (directive === '%%') {
      return '%';
    }
    const value = values[next];
    next += 1;
    return Array.isArray(value) ? `[${value.map((item) => JSON.stringify(item)).join(', ')}]` : toText(value);
  });
}
