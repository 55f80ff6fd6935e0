import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Plain JSON, compressed. The fastest level: Kubernetes' texts repeat themselves so much that better ones gain little. */
export function packJson(value: unknown): Uint8Array {
  // A copy: zlib's result is a part of a buffer of 16 kB, which it would keep alive.
  return new Uint8Array(deflateRawSync(JSON.stringify(value), { level: 1 }));
}

/** What `packJson` was given, as a new value; fields that were `undefined` are absent. */
export function unpackJson(packed: Uint8Array): unknown {
  return JSON.parse(inflateRawSync(packed).toString());
}
