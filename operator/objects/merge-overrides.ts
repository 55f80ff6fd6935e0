/**
 * Merges a user's overrides into a pod spec: maps deeply, lists whose items have a `name` (containers, volumes, env)
 * item by item, other lists and scalars as a whole; `null` removes a field. Neither argument is changed.
 */
export function mergeOverrides(
  base: Readonly<Record<string, unknown>>,
  overrides: Readonly<Record<string, unknown>> | undefined,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [field, value] of Object.entries(overrides ?? {})) {
    if (value === null) {
      delete merged[field];
    } else {
      merged[field] = mergeValue(merged[field], value);
    }
  }
  return merged;
}

function mergeValue(base: unknown, override: unknown): unknown {
  if (isRecord(base) && isRecord(override)) {
    return mergeOverrides(base, override);
  }
  if (isNamedList(base) && isNamedList(override)) {
    return mergeNamedLists(base, override);
  }
  return override;
}

type Named = Record<string, unknown> & { readonly name: string };

function mergeNamedLists(base: readonly Named[], overrides: readonly Named[]): readonly unknown[] {
  const byName = new Map(overrides.map((item) => [item.name, item]));
  const known = new Set(base.map(({ name }) => name));
  return [
    ...base.map((item) => mergeOverrides(item, byName.get(item.name))),
    ...overrides.filter(({ name }) => !known.has(name)),
  ];
}

function isNamedList(value: unknown): value is readonly Named[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => isRecord(item) && typeof item['name'] === 'string')
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
