import type { Json } from '../api/kubernetes.ts';
import { packJson, unpackJson } from '../kube/packed-json.ts';

/** A map of plain values that can be kept compressed while nobody looks into it; any access unpacks it. */
export class PackableMap<Value extends Json> {
  #entries = new Map<string, Value>();
  #packed: Uint8Array | undefined;

  get(key: string): Value | undefined {
    return this.#awake().get(key);
  }

  set(key: string, value: Value): void {
    this.#awake().set(key, value);
  }

  delete(key: string): void {
    this.#awake().delete(key);
  }

  /** Packs the entries until somebody asks. */
  rest(): void {
    if (this.#packed === undefined && this.#entries.size > 0) {
      this.#packed = packJson([...this.#entries]);
      this.#entries = new Map();
    }
  }

  #awake(): Map<string, Value> {
    if (this.#packed !== undefined) {
      // Packed by `rest`.
      this.#entries = new Map(unpackJson(this.#packed) as [string, Value][]);
      this.#packed = undefined;
    }
    return this.#entries;
  }
}
