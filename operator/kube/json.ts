import type { Json, JsonObject } from '../api/kubernetes.ts';

/** Narrowing of parsed JSON, whose shape nobody has promised. */

/** A JSON object, not an array and not null. */
export function isRecord(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object, or an empty one when it is something else. */
export function recordOf(value: unknown): JsonObject {
  return isRecord(value) ? value : {};
}

/** The array's elements, or none when it is something else. */
export function listOf(value: unknown): readonly Json[] {
  // JSON.parse makes arrays of JSON values only.
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** The string, or `undefined` when it is something else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The number, or `undefined` when it is something else. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** Text as JSON; `undefined` when it is empty or no JSON (a proxy's HTML page). */
export function parseJson(text: string): unknown {
  if (text === '') {
    return undefined;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
