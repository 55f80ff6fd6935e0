import type { Kind } from '../api/kinds.ts';
import { type KubernetesObject, type ObjectRef, refKey, refOf, type StackKey } from '../api/kubernetes.ts';
import { KindStore } from './kind-store.ts';
import type { LiveObject } from './live-object.ts';
import type { ObjectChange } from './object-cache.ts';
import type { PackedObject } from './packed-object.ts';
import type { RestingStack } from './resting-stack.ts';
import { StackIndex } from './stack-index.ts';
import type { ProjectionRules } from './to-packed-object.ts';
import { namespaceOfKey } from './versions.ts';

/** What a table tells of itself. */
export interface TableEvents {
  readonly onChange: (stack: StackKey, change: ObjectChange) => void;
  /** By how many the objects of this kind have become more. */
  readonly onSize: (kind: Kind, delta: number) => void;
  /** An event about an object of this kind changed nothing of interest. */
  readonly onDropped: (kind: Kind) => void;
}

/** The objects of one kind in one scope, which one watch feeds. */
export interface ScopedStore {
  readonly kind: Kind;
  /** `undefined`: all namespaces. */
  readonly namespace: string | undefined;
  readonly store: KindStore;
}

/** The projections of all kinds and which stack each belongs to; knows no watch. */
export class ObjectTable {
  readonly stores: readonly ScopedStore[];
  readonly #byKind: ReadonlyMap<string, readonly ScopedStore[]>;
  readonly #index = new StackIndex((resting) => this.#restore(resting));

  constructor(
    kinds: readonly Kind[],
    namespaces: readonly (string | undefined)[],
    { rules, events }: { readonly rules: ProjectionRules; readonly events: TableEvents },
  ) {
    this.stores = kinds.flatMap((kind) =>
      namespaces.map((namespace) => ({ kind, namespace, store: this.#createStore(kind, rules, events) })),
    );
    this.#byKind = Map.groupBy(this.stores, ({ kind }) => `${kind.apiVersion}/${kind.kind}`);
  }

  get(ref: ObjectRef): LiveObject | undefined {
    return this.#storeOf(ref)?.get(keyOfRef(ref));
  }

  listByStack(namespace: string, stack: string): readonly LiveObject[] {
    return this.#index.list(`${namespace}/${stack}`);
  }

  upsert(object: KubernetesObject): LiveObject {
    const store = this.#storeOf(refOf(object));
    if (store === undefined) {
      throw new Error(`${refKey(refOf(object))} is not cached: add its kind (and namespace) to the cache's options`);
    }
    return store.upsert(object);
  }

  markRemoved(ref: ObjectRef, uid: string): void {
    this.#storeOf(ref)?.markRemoved(keyOfRef(ref), uid);
  }

  verified(ref: ObjectRef): void {
    this.#storeOf(ref)?.verified(keyOfRef(ref));
  }

  /** Packs the objects of a stack until one of them is asked for or changes. */
  rest(namespace: string, stack: string): void {
    for (const { ref, key } of this.#index.rest(`${namespace}/${stack}`)) {
      this.#storeOf(ref)?.rest(key);
    }
  }

  #restore(resting: RestingStack): readonly PackedObject[] {
    return resting.unpack().flatMap((parts) => {
      const namespace = namespaceOfKey(parts.key);
      return this.#storeOf({ ...parts.kind, namespace, name: parts.key })?.restore(parts) ?? [];
    });
  }

  #storeOf(ref: ObjectRef): KindStore | undefined {
    const stores = this.#byKind.get(`${ref.apiVersion}/${ref.kind}`);
    return stores?.find(({ namespace }) => namespace === undefined || namespace === ref.namespace)?.store;
  }

  #createStore(kind: Kind, rules: ProjectionRules, events: TableEvents): KindStore {
    return new KindStore({
      kind: { apiVersion: kind.apiVersion, kind: kind.kind },
      rules,
      onEntry: (before, after) => {
        events.onSize(kind, Number(after !== undefined) - Number(before !== undefined));
        this.#index.update(before, after);
      },
      onChange: ({ ref, stack }, change) => {
        if (stack !== undefined) {
          events.onChange(stack, { ref, ...change });
        }
      },
      onDropped: () => events.onDropped(kind),
      wake: (key) => this.#index.wake(kind.kind, key),
      wakeAll: () => this.#index.wakeAll(),
    });
  }
}

function keyOfRef(ref: ObjectRef): string {
  return `${ref.namespace ?? ''}/${ref.name}`;
}
