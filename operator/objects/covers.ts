/**
 * Whether every field of `wanted` is in `actual` with an equal value. What `actual` has beyond that are defaults that
 * the server put into lists and maps which one manager owns as a whole (claim templates, field references).
 */
export function covers(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((item, index) => covers(actual[index], item))
    );
  }
  if (isRecord(wanted)) {
    return isRecord(actual) && Object.entries(wanted).every(([key, value]) => covers(actual[key], value));
  }
  return actual === wanted;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
