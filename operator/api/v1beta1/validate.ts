import type { SchemaNode } from './crd-schema.ts';
import generatedSchema from './generated/schema.json' with { type: 'json' };
import { checkRules } from './rule-check.ts';
import { checkShape } from './schema-check.ts';
import { isRecord, withDefaults } from './schema-walk.ts';

/** A broken rule. */
export interface Violation {
  /** Path of the field as the API server writes it, e.g. `spec.redis.shards`. */
  readonly path: string;
  /** JSON of the value; `undefined` where the field is absent, holds more than a scalar, or may be secret. */
  readonly value: string | undefined;
  /** `path: sentence`; the sentence is the API server's own and says the value and what is allowed. */
  readonly message: string;
}

// The file is made from the same schema as the CRD; its inferred type is as large as itself.
const schema = generatedSchema as SchemaNode;

/**
 * The schema and the rules of the CRD once more, for objects that slipped past the API server: the very same CEL is
 * run, so both refuse the same with the same words. Takes anything and never throws on what it is given.
 *
 * `previous` is an earlier version of the same object. Without it `status.effective` serves for the rules on changes:
 * mode, storage class, volume size and version of the stores.
 */
export function validateStack(object: unknown, previous?: unknown): readonly Violation[] {
  const value = withDefaults(schema, withoutNulls(object));
  const faults = checkShape(schema, value, '');
  const old = withDefaults(schema, previous === undefined ? recordedObject(object) : withoutNulls(previous));
  const broken = faults.some(({ isBlocking }) => isBlocking) ? [] : checkRules(schema, value, usableOld(old), '');
  return [...faults, ...broken].map(({ path, value: shown, detail }) => ({
    path,
    value: shown,
    message: path === '' ? detail : `${path}: ${detail}`,
  }));
}

/** An old object without the right shape says nothing about changes. */
function usableOld(old: unknown): unknown {
  return old !== undefined && checkShape(schema, old, '').length === 0 ? old : undefined;
}

/** The API server drops fields that are null. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutNulls);
  }
  return isRecord(value)
    ? Object.fromEntries(
        Object.entries(value).flatMap(([name, inner]) => (inner === null ? [] : [[name, withoutNulls(inner)]])),
      )
    : value;
}

/** The object as the status remembers it: only what rules on changes look at. */
function recordedObject(object: unknown): unknown {
  const stores = isRecord(object) ? pick(pick(pick(object, 'status'), 'effective'), 'stores') : {};
  if (!isRecord(object) || Object.keys(stores).length === 0) {
    return undefined;
  }
  const recorded = Object.entries(stores).map(([name, store]) => [name, recordedStore(isRecord(store) ? store : {})]);
  return {
    ...object,
    spec: { version: 'recorded', profile: 'Development', host: 'recorded', ...Object.fromEntries(recorded) },
  };
}

function recordedStore(store: Readonly<Record<string, unknown>>): object {
  const { mode, version, storageSize: size, storageClassName: className } = store;
  const storage = withoutUndefined({ size, className });
  return withoutUndefined({ mode, version, storage });
}

function withoutUndefined(record: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function pick(record: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
  const value = record[name];
  return isRecord(value) ? value : {};
}
