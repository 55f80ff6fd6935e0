import type { SchemaNode } from './crd-schema.ts';

/** A value of the tree with its schema and the value that it replaces. */
export interface Child {
  readonly node: SchemaNode;
  readonly value: unknown;
  /** `undefined` when there was none, or when items cannot be told apart. */
  readonly old: unknown;
  readonly path: string;
}

/** Plain JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value to look into. `old` is what it replaces; absent outside of rules on changes. */
export interface Parent {
  readonly node: SchemaNode;
  readonly value: unknown;
  readonly old?: unknown;
  readonly path: string;
}

/** How the API server writes the entry of a map: `services[cart]` where rules speak, `services.cart` where shapes do. */
export type EntryPath = (path: string, name: string) => string;

/** Values right below this one that the schema knows, with paths as the API server writes them. */
export function childrenOf(parent: Parent, entryPath: EntryPath): readonly Child[] {
  const { node, value, old, path } = parent;
  if (Array.isArray(value)) {
    return listChildren(node, value, old, path);
  }
  if (!isRecord(value)) {
    return [];
  }
  const before = isRecord(old) ? old : {};
  const { properties, additionalProperties } = node;
  return Object.entries(value).flatMap(([name, child]): readonly Child[] => {
    const known = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known !== undefined) {
      return [{ node: known, value: child, old: before[name], path: path === '' ? name : `${path}.${name}` }];
    }
    return additionalProperties === undefined
      ? []
      : [{ node: additionalProperties, value: child, old: before[name], path: entryPath(path, name) }];
  });
}

function listChildren(node: SchemaNode, list: readonly unknown[], old: unknown, path: string): readonly Child[] {
  const { items } = node;
  const keys = node['x-kubernetes-list-map-keys'] ?? [];
  const before: readonly unknown[] = Array.isArray(old) && keys.length > 0 ? old : [];
  return items === undefined
    ? []
    : list.map((value, index) => ({
        node: items,
        value,
        old: before.find((candidate) => hasSameKeys(candidate, value, keys)),
        path: `${path}[${index}]`,
      }));
}

function hasSameKeys(one: unknown, other: unknown, keys: readonly string[]): boolean {
  return isRecord(one) && isRecord(other) && keys.every((key) => one[key] === other[key]);
}

/** The value with the schema's defaults filled in, as the API server stores it; `null` counts as absent there. */
export function withDefaults(node: SchemaNode, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = node;
    return items === undefined ? value : value.map((item) => withDefaults(items, item));
  }
  if (!isRecord(value)) {
    return value;
  }
  const { properties = {}, additionalProperties } = node;
  const defaulted = Object.entries(properties)
    .filter(([name, child]) => child.default !== undefined && (value[name] ?? undefined) === undefined)
    .map(([name, child]) => [name, child.default] as const);
  const present = Object.entries(value).map(([name, child]) => {
    const known = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    return [name, known === undefined ? child : withDefaults(known, child)] as const;
  });
  return Object.fromEntries([...present, ...defaulted]);
}
