import type { KubernetesObject, StackKey } from '../api/kubernetes.ts';
import { packJson, unpackJson } from './packed-json.ts';
import type { ReflectorStore } from './reflector.ts';
import type { StackChange } from './stack-cache.ts';
import { isOlder } from './versions.ts';

export interface FullObjectStoreOptions {
  readonly onChange: (key: StackKey, change: StackChange) => void;
  readonly onSize: (delta: number) => void;
  readonly onDropped: () => void;
}

/**
 * Whole objects of one kind in one scope, without the bookkeeping that nobody here reads, and compressed: a stack with its
 * status is 15 kB of text and 4 kB so. Each `get` gives a new copy.
 */
export class FullObjectStore implements ReflectorStore {
  readonly #options: FullObjectStoreOptions;
  readonly #objects = new Map<StackKey, StoredObject>();

  constructor(options: FullObjectStoreOptions) {
    this.#options = options;
  }

  get(key: StackKey): KubernetesObject | undefined {
    const stored = this.#objects.get(key);
    return stored === undefined ? undefined : unpack(stored);
  }

  has(key: StackKey): boolean {
    return this.#objects.has(key);
  }

  keys(): readonly StackKey[] {
    return [...this.#objects.keys()];
  }

  /** From the watch. Another uid under the same name is another object: one went, one came. */
  set(object: KubernetesObject, initial: boolean): void {
    const key = stackKeyOf(object);
    const before = this.#objects.get(key);
    if (before === undefined || before.uid !== object.metadata.uid) {
      this.#drop(key);
      this.#objects.set(key, pack(strip(object)));
      this.#options.onSize(1);
      this.#options.onChange(key, { type: 'added', differs: [], initial });
    } else if (isOlder(before.resourceVersion, object.metadata.resourceVersion ?? '')) {
      this.#update(key, before, pack(strip(object)), initial);
    }
  }

  delete(object: KubernetesObject): void {
    const key = stackKeyOf(object);
    if (this.#objects.get(key)?.uid === object.metadata.uid) {
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
      this.#objects.set(key, { ...object, resourceVersion: '' });
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
    const isNewer = isOlder(before?.resourceVersion ?? '', object.metadata.resourceVersion ?? '');
    if (before !== undefined && before.uid === object.metadata.uid && isNewer) {
      this.#update(key, before, pack(strip(object)), false);
    }
  }

  #update(key: StackKey, before: StoredObject, after: StoredObject, initial: boolean): void {
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

interface StoredObject {
  readonly uid: string;
  /** Empty after `clear`, whatever the object says. */
  readonly resourceVersion: string;
  /** What a pass must see, as text; a change of status alone is mostly our own. */
  readonly marks: Readonly<Record<StackChange['differs'][number], string>>;
  readonly packed: Uint8Array;
}

function pack(object: KubernetesObject): StoredObject {
  const {
    uid = '',
    resourceVersion = '',
    generation,
    labels = {},
    annotations = {},
    deletionTimestamp,
  } = object.metadata;
  return {
    uid,
    resourceVersion,
    marks: {
      generation: String(generation),
      // The server sends maps with sorted keys.
      labels: JSON.stringify(labels),
      annotations: JSON.stringify(annotations),
      deletion: deletionTimestamp ?? '',
    },
    packed: packJson(object),
  };
}

function unpack({ packed, resourceVersion }: StoredObject): KubernetesObject {
  // Packed above.
  const object = unpackJson(packed) as KubernetesObject;
  return resourceVersion === '' ? { ...object, metadata: { ...object.metadata, resourceVersion } } : object;
}

function compare(before: StoredObject, after: StoredObject): StackChange['differs'] {
  return changeNames.filter((name) => before.marks[name] !== after.marks[name]);
}

const changeNames = ['generation', 'labels', 'annotations', 'deletion'] as const;
