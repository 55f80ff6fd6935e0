import type { KubernetesObject } from '../api/kubernetes.ts';
import type { ReflectorStore } from './reflector.ts';
import { isOlder, keyOf } from './versions.ts';

export type FeedType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** Turns what a reflector learns into events, each once: also after a new list, deletions in the gap included. */
export class EventFeed implements ReflectorStore {
  readonly #emit: (type: FeedType, object: KubernetesObject) => void;
  /** Only what identifies an object, for the event of a deletion that nobody saw. */
  readonly #known = new Map<string, { readonly identity: KubernetesObject; readonly version: string }>();

  constructor(emit: (type: FeedType, object: KubernetesObject) => void) {
    this.#emit = emit;
  }

  set(object: KubernetesObject): void {
    const key = keyOf(object);
    const before = this.#known.get(key);
    const version = object.metadata.resourceVersion ?? '';
    const isSameObject = before?.identity.metadata.uid === object.metadata.uid;
    if (isSameObject && !isOlder(before?.version ?? '', version)) {
      return;
    }
    if (!isSameObject) {
      this.#drop(key);
    }
    this.#known.set(key, { identity: identityOf(object), version });
    this.#emit(isSameObject ? 'MODIFIED' : 'ADDED', object);
  }

  delete(object: KubernetesObject): void {
    if (this.#known.delete(keyOf(object))) {
      this.#emit('DELETED', object);
    }
  }

  retain(listed: ReadonlySet<string>): void {
    for (const key of [...this.#known.keys()]) {
      if (!listed.has(key)) {
        this.#drop(key);
      }
    }
  }

  clear(): void {
    for (const [key, { identity }] of this.#known) {
      // Any version is newer than an empty one.
      this.#known.set(key, { identity, version: '' });
    }
  }

  #drop(key: string): void {
    const known = this.#known.get(key);
    if (known !== undefined) {
      this.#known.delete(key);
      this.#emit('DELETED', known.identity);
    }
  }
}

function identityOf(object: KubernetesObject): KubernetesObject {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  const present = Object.entries({ namespace, uid, resourceVersion }).filter(([, value]) => value !== undefined);
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name, ...Object.fromEntries(present) },
  };
}
