import { hash, randomBytes } from 'node:crypto';
import type { Json, JsonObject, KubernetesObject } from '../api/kubernetes.ts';
import { isRecord, listOf } from './json.ts';

/**
 * What a live object holds at the paths that one field manager owns by apply: our own rendering as the server took it,
 * without the server's defaults and without what others have set. `managedFields` must be there.
 *
 * The paths come as a set (FieldsV1): `f:name` a field, `k:{…}` a list item by its keys, `v:…` an item of a set, `.`
 * the parent itself; an empty set is a leaf, owned as a whole.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export function extractOwned(object: KubernetesObject, manager: string): JsonObject {
  const entry = object.metadata.managedFields?.find(
    (candidate) =>
      candidate.manager === manager && candidate.operation === 'Apply' && (candidate.subresource ?? '') === '',
  );
  if (entry?.fieldsV1 === undefined) {
    return {};
  }
  // An object of the API is JSON; its type only leaves kind-specific fields open.
  return extractRecord(object as unknown as JsonObject, entry.fieldsV1);
}

/** Keeps values from being guessed by hashing candidates: Secrets go through here. Lives as long as the process. */
const processKey = randomBytes(16).toString('hex');

/** A fingerprint of extracted values, 16 characters (96 bits), comparable inside this process only. */
export function fingerprint(value: JsonObject): string {
  const digest = hash('sha256', processKey + JSON.stringify(value), 'buffer');
  return digest.toString('base64url', 0, 12);
}

function extractRecord(record: JsonObject, set: JsonObject): JsonObject {
  const found: Record<string, Json> = {};
  for (const [path, inner] of Object.entries(set)) {
    const name = path.startsWith('f:') ? path.slice(2) : undefined;
    const value = name === undefined ? undefined : record[name];
    if (name !== undefined && value !== undefined) {
      found[name] = extractValue(value, inner);
    }
  }
  return found;
}

function extractValue(value: Json, set: Json | undefined): Json {
  if (!isRecord(set) || isLeaf(set)) {
    return value;
  }
  if (Array.isArray(value)) {
    return extractItems(listOf(value), set);
  }
  return isRecord(value) ? extractRecord(value, set) : value;
}

/** `{}` owns the value as a whole: a scalar, an atomic list or map. `{".": {}}` owns an empty map or list. */
function isLeaf(set: JsonObject): boolean {
  return Object.keys(set).length === 0;
}

/** The owned items in the order of the live list. */
function extractItems(items: readonly Json[], set: JsonObject): Json {
  const matchers = Object.entries(set).flatMap(([path, inner]) => {
    const matches = toMatcher(path);
    return matches === undefined ? [] : [{ matches, inner }];
  });
  return items.flatMap((item, index) => {
    const matcher = matchers.find(({ matches }) => matches(item, index));
    return matcher === undefined ? [] : [extractValue(item, matcher.inner)];
  });
}

function toMatcher(path: string): ((item: Json, index: number) => boolean) | undefined {
  if (path.startsWith('k:')) {
    const keys = Object.entries(JSON.parse(path.slice(2)) as JsonObject);
    return (item) => isRecord(item) && keys.every(([name, value]) => item[name] === value);
  }
  if (path.startsWith('v:')) {
    const wanted = path.slice(2);
    return (item) => JSON.stringify(item) === wanted;
  }
  if (path.startsWith('i:')) {
    const wanted = Number(path.slice(2));
    return (_item, index) => index === wanted;
  }
  return undefined;
}
