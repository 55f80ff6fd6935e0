import type { KubernetesObject, StackKey } from '../api/kubernetes.ts';
import type { ReflectorStore } from './reflector.ts';
import type { StackChange } from './stack-cache.ts';
import { isOlder } from './versions.ts';

export interface FullObjectStoreOptions {
  readonly onChange: (key: StackKey, change: StackChange) => void;
  readonly onSize: (delta: number) => void;
  readonly onDropped: () => void;
}

/** Whole objects of one kind in one scope, without the bookkeeping that nobody here reads. */
export class FullObjectStore implements ReflectorStore {
  readonly #options: FullObjectStoreOptions;
  readonly #objects = new Map<StackKey, KubernetesObject>();

  constructor(options: FullObjectStoreOptions) {
    this.#options = options;
  }

  get(key: StackKey): KubernetesObject | undefined {
    return this.#objects.get(key);
  }

  keys(): readonly StackKey[] {
    return [...this.#objects.keys()];
  }

  /** From the watch. Another uid under the same name is another object: one went, one came. */
  set(object: KubernetesObject, initial: boolean): void {
    const key = stackKeyOf(object);
    const before = this.#objects.get(key);
    if (before === undefined || before.metadata.uid !== object.metadata.uid) {
      this.#drop(key);
      this.#objects.set(key, strip(object));
      this.#options.onSize(1);
      this.#options.onChange(key, { type: 'added', differs: [], initial });
    } else if (isOlder(before.metadata.resourceVersion ?? '', object.metadata.resourceVersion ?? '')) {
      this.#update(key, before, strip(object), initial);
    }
  }

  delete(object: KubernetesObject): void {
    const key = stackKeyOf(object);
    if (this.#objects.get(key)?.metadata.uid === object.metadata.uid) {
      this.#drop(key);
    }
  }

  retain(listed: ReadonlySet<string>): void {
    for (const key of this.keys()) {
      if (!listed.has(key)) {
        this.#drop(key);
      }
    }
  }

  clear(): void {
    for (const [key, object] of this.#objects) {
      // Any version is newer than an empty one.
      this.#objects.set(key, { ...object, metadata: { ...object.metadata, resourceVersion: '' } });
    }
  }

  /**
   * From the answer to our own write; an object that the watch has not shown, or has shown to be gone, is ignored. The
   * answer may contain what a user wrote just before us, and the watch's event of that is then too old to be taken: so
   * differences fire here as well.
   */
  upsert(object: KubernetesObject): void {
    const key = stackKeyOf(object);
    const before = this.#objects.get(key);
    const isNewer = isOlder(before?.metadata.resourceVersion ?? '', object.metadata.resourceVersion ?? '');
    if (before !== undefined && before.metadata.uid === object.metadata.uid && isNewer) {
      this.#update(key, before, strip(object), false);
    }
  }

  #update(key: StackKey, before: KubernetesObject, after: KubernetesObject, initial: boolean): void {
    this.#objects.set(key, after);
    const differs = compare(before, after);
    if (differs.length > 0) {
      this.#options.onChange(key, { type: 'changed', differs, initial });
    } else {
      this.#options.onDropped();
    }
  }

  #drop(key: StackKey): void {
    if (this.#objects.delete(key)) {
      this.#options.onSize(-1);
      this.#options.onChange(key, { type: 'removed', differs: [], initial: false });
    }
  }
}

/** Key of a namespaced object. */
export function stackKeyOf(object: KubernetesObject): StackKey {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

/** Written by client-side `kubectl apply`: a second copy of the whole object. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

function strip(object: KubernetesObject): KubernetesObject {
  const { managedFields: _managedFields, annotations, ...metadata } = object.metadata;
  if (annotations === undefined) {
    return { ...object, metadata };
  }
  const { [lastApplied]: _lastApplied, ...kept } = annotations;
  return { ...object, metadata: { ...metadata, annotations: kept } };
}

/** What a pass must see; a change of status alone is mostly our own. */
function compare(before: KubernetesObject, after: KubernetesObject): StackChange['differs'] {
  const [a, b] = [before.metadata, after.metadata];
  const differences = {
    generation: a.generation !== b.generation,
    labels: !isSame(a.labels, b.labels),
    annotations: !isSame(a.annotations, b.annotations),
    deletion: a.deletionTimestamp !== b.deletionTimestamp,
  };
  return changeNames.filter((name) => differences[name]);
}

const changeNames = ['generation', 'labels', 'annotations', 'deletion'] as const;

/** The server sends maps with sorted keys. */
function isSame(a: object | undefined, b: object | undefined): boolean {
  return JSON.stringify(a ?? {}) === JSON.stringify(b ?? {});
}
