import Type, { type Static, type TSchema, type TUnsafe } from 'typebox';

/** Keys beside the type itself that a CRD schema may carry. */
export interface SchemaOptions {
  readonly description?: string;
  readonly default?: unknown;
  readonly [extension: `x-kubernetes-${string}`]: unknown;
}

interface StringOptions extends SchemaOptions {
  readonly maxLength: number;
  readonly minLength?: number;
  readonly pattern?: string;
}

interface MapOptions extends SchemaOptions {
  readonly maxProperties: number;
}

interface ListOptions extends SchemaOptions {
  readonly maxItems: number;
  readonly minItems?: number;
}

/** Read-only at every depth: nobody changes an object that came from the API server. */
export type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** A string with an upper bound: without one the API server cannot estimate the cost of rules on it. */
export function text(description: string, options: StringOptions): ReturnType<typeof Type.String> {
  return Type.String({ description, ...options });
}

/** One of a few words; with `type`, which a structural schema needs and `Type.Enum` leaves out. */
export function choice<const Values extends readonly string[]>(
  values: Values,
  description: string,
  options: SchemaOptions = {},
): TUnsafe<Values[number]> {
  return Type.Unsafe<Values[number]>({ type: 'string', enum: [...values], description, ...options });
}

/** A map from string to `value`; as `additionalProperties`, the only spelling that a CRD knows. */
export function mapOf<Value extends TSchema>(
  value: Value,
  description: string,
  options: MapOptions,
): TUnsafe<Record<string, Static<Value>>> {
  return Type.Unsafe<Record<string, Static<Value>>>({
    type: 'object',
    additionalProperties: value,
    description,
    ...options,
  });
}

/** A list that is replaced as a whole, with an upper bound. */
export function atomicList<Item extends TSchema>(
  item: Item,
  description: string,
  options: ListOptions,
): ReturnType<typeof Type.Array<Item>> {
  return Type.Array(item, { description, 'x-kubernetes-list-type': 'atomic', ...options });
}

/** A list whose items are told apart by `keys`, so that several managers can own items of it. */
export function keyedList<Item extends TSchema>(
  item: Item,
  keys: readonly string[],
  description: string,
  options: ListOptions,
): ReturnType<typeof Type.Array<Item>> {
  return Type.Array(item, {
    description,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': [...keys],
    ...options,
  });
}
