import type { Json, JsonObject, KubernetesObject } from '../api/kubernetes.ts';
import { isRecord, listOf } from './json.ts';

/**
 * Whether the owned values of a live object are what was rendered. For an operator that has just started and has no
 * fingerprint of its own apply to compare with; only meaningful together with an equal hash of the rendering.
 *
 * The server may have added defaults inside atomic values (a `fieldRef` gets its `apiVersion`, a claim template its
 * `volumeMode`), and does not store `false`, empty text and empty maps of most fields. Neither counts as a difference.
 */
export function isAsRendered(owned: JsonObject, rendered: KubernetesObject): boolean {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = rendered;
  const { name: _name, namespace: _namespace, ...fields } = metadata;
  // What we send to the server is JSON; its type only leaves kind-specific fields open.
  return holds(owned, { ...rest, metadata: fields } as unknown as JsonObject);
}

function holds(owned: Json | undefined, rendered: Json | undefined): boolean {
  if (owned === undefined) {
    return rendered === undefined || isZero(rendered);
  }
  if (isRecord(rendered)) {
    return isRecord(owned) && Object.entries(rendered).every(([name, value]) => holds(owned[name], value));
  }
  if (Array.isArray(rendered)) {
    const [a, b] = [listOf(owned), listOf(rendered)];
    return Array.isArray(owned) && a.length === b.length && b.every((item, index) => holds(a[index], item));
  }
  return rendered === undefined || owned === rendered;
}

/** Values that Go's `omitempty` leaves out. Not 0: the numbers that we send are mostly pointers, which keep it. */
function isZero(value: Json): boolean {
  return (
    value === false ||
    value === '' ||
    value === null ||
    (Array.isArray(value) && value.length === 0) ||
    (isRecord(value) && Object.values(value).every((inner) => inner === undefined || isZero(inner)))
  );
}
