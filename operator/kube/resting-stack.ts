import type { StackKey } from '../api/kubernetes.ts';
import { packJson, unpackJson } from './packed-json.ts';
import type { PackedParts } from './packed-object.ts';

/**
 * The objects of a stack that nobody looks at for a while, as one compressed text: a hundred objects in 8 kB instead of
 * 64. Stacks rest nearly all of their time; packing or unpacking one takes half a millisecond.
 */
export class RestingStack {
  readonly key: StackKey;
  readonly #packed: Uint8Array;
  /** Numbers of the objects' names, four bytes each: the names themselves would take more than all the rest. */
  readonly #numbers: Uint32Array;

  constructor(key: StackKey, objects: readonly PackedParts[]) {
    this.key = key;
    this.#packed = packJson(objects);
    this.#numbers = Uint32Array.from(objects, (one) => numberOf(one.kind.kind, one.key));
  }

  /** Whether this object may be among them. Of four billion others one is taken for it, and the stack woken in vain. */
  mayHave(kind: string, key: string): boolean {
    return this.#numbers.includes(numberOf(kind, key));
  }

  /** What the constructor was given, in the same order. */
  unpack(): readonly PackedParts[] {
    // Packed by the constructor; absent fields are `undefined` again.
    return unpackJson(this.#packed) as PackedParts[];
  }
}

/** FNV-1a of 32 bits. */
function numberOf(kind: string, key: string): number {
  const text = `${kind}/${key}`;
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
