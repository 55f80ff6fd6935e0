import type { KubernetesObject, StackKey } from '../api/kubernetes.ts';
import type { LiveObject } from './live-object.ts';
import type { ObjectChange } from './object-cache.ts';
import type { ReflectorStore } from './reflector.ts';
import { type ProjectionRules, toLiveObject } from './to-live-object.ts';
import { Tombstones } from './tombstones.ts';
import { isOlder, keyOf } from './versions.ts';

/** A stored object; its projection is replaced as a whole with each change. */
export interface Entry {
  live: LiveObject;
  stack: StackKey | undefined;
  /** The owned values have been compared once: later versions need only the hash. */
  isVerified: boolean;
}

export interface KindStoreOptions {
  readonly rules: ProjectionRules;
  readonly stackOf: (live: LiveObject) => StackKey | undefined;
  readonly onChange: (entry: Entry, change: Pick<ObjectChange, 'type' | 'differs' | 'initial'>) => void;
  /** An entry came or went, for the index and the gauge. */
  readonly onEntry: (entry: Entry, isPresent: boolean) => void;
  /** An event changed nothing of interest. */
  readonly onDropped: () => void;
}

/** Projections of one kind in one scope (a namespace or all), and what of their changes is worth a pass. */
export class KindStore implements ReflectorStore {
  readonly #options: KindStoreOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #tombstones = new Tombstones();

  constructor(options: KindStoreOptions) {
    this.#options = options;
  }

  get(key: string): LiveObject | undefined {
    return this.#entries.get(key)?.live;
  }

  /** From the watch. Another uid under the same name is another object: one went, one came. */
  set(object: KubernetesObject, initial: boolean): void {
    const key = keyOf(object);
    const { uid = '', resourceVersion = '', deletionTimestamp } = object.metadata;
    if (this.#tombstones.hides(uid, deletionTimestamp !== undefined)) {
      return;
    }
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.live.uid !== uid) {
      this.#fire(this.#remove(key), 'removed', initial);
      this.#fire(this.#insert(key, toLiveObject(object, this.#options.rules, true), false), 'added', initial);
    } else if (isOlder(entry.live.resourceVersion, resourceVersion)) {
      const live = toLiveObject(object, this.#options.rules, !entry.isVerified);
      this.#assign(entry, live, { isOwnWrite: false, initial });
    }
  }

  delete(object: KubernetesObject): void {
    const key = keyOf(object);
    const { uid = '' } = object.metadata;
    this.#tombstones.add(uid, 'gone');
    if (this.#entries.get(key)?.live.uid === uid) {
      this.#fire(this.#remove(key), 'removed', false);
    }
  }

  retain(listed: ReadonlySet<string>, version: string): void {
    for (const [key, { live }] of [...this.#entries]) {
      // What we wrote ourselves after the list was made is not in it; the watch that follows tells its fate.
      if (!listed.has(key) && !isOlder(version, live.resourceVersion)) {
        this.#tombstones.add(live.uid, 'gone');
        this.#fire(this.#remove(key), 'removed', false);
      }
    }
  }

  clear(): void {
    for (const entry of this.#entries.values()) {
      // Any version is newer than an empty one.
      entry.live = { ...entry.live, resourceVersion: '' };
    }
  }

  /**
   * From the answer to our own write: changes nothing backwards and revives nothing. The answer may contain what others
   * wrote just before us, and the watch's event of that is then too old to be taken: so foreign differences fire here.
   */
  upsert(object: KubernetesObject): LiveObject {
    const key = keyOf(object);
    const live = toLiveObject(object, this.#options.rules, false);
    const entry = this.#entries.get(key);
    if (entry?.live.uid === live.uid) {
      if (isOlder(entry.live.resourceVersion, live.resourceVersion)) {
        entry.isVerified = true;
        this.#assign(entry, live, { isOwnWrite: true, initial: false });
      }
      return entry.live;
    }
    if (!this.#tombstones.has(live.uid)) {
      this.#remove(key);
      this.#insert(key, live, true);
    }
    return live;
  }

  /** The server has accepted the deletion of this uid. */
  markRemoved(key: string, uid: string): void {
    if (this.#entries.get(key)?.live.uid === uid) {
      this.#tombstones.add(uid, 'asked');
      this.#remove(key);
    }
  }

  verified(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined && !entry.isVerified) {
      entry.isVerified = true;
      entry.live = { ...entry.live, owned: undefined };
    }
  }

  #assign(entry: Entry, live: LiveObject, origin: { readonly isOwnWrite: boolean; readonly initial: boolean }): void {
    const differs = compare(entry.live, live);
    const isRendered = origin.isOwnWrite && entry.live.appliedHash !== live.appliedHash;
    const foreign = isRendered ? differs.filter((name) => name === 'status' || name === 'deletion') : differs;
    this.#move(entry, live);
    if (foreign.length > 0) {
      this.#options.onChange(entry, { type: 'changed', differs: foreign, initial: origin.initial });
    } else if (!origin.isOwnWrite) {
      this.#options.onDropped();
    }
  }

  /** A changed label may move the object to another stack. */
  #move(entry: Entry, live: LiveObject): void {
    const stack = this.#options.stackOf(live);
    if (stack === entry.stack) {
      entry.live = live;
      return;
    }
    this.#options.onEntry(entry, false);
    entry.live = live;
    entry.stack = stack;
    this.#options.onEntry(entry, true);
  }

  #insert(key: string, live: LiveObject, isVerified: boolean): Entry {
    const entry: Entry = { live, stack: this.#options.stackOf(live), isVerified };
    this.#entries.set(key, entry);
    this.#options.onEntry(entry, true);
    return entry;
  }

  #remove(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      this.#entries.delete(key);
      this.#options.onEntry(entry, false);
    }
    return entry;
  }

  #fire(entry: Entry | undefined, type: 'added' | 'removed', initial: boolean): void {
    if (entry !== undefined) {
      this.#options.onChange(entry, { type, differs: [], initial });
    }
  }
}

/** What of a change is worth looking at. `resourceVersion` and `generation` alone are not. */
function compare(before: LiveObject, after: LiveObject): ObjectChange['differs'] {
  const isMetadataEqual =
    before.ownerUid === after.ownerUid &&
    before.appliedHash === after.appliedHash &&
    before.identity === after.identity &&
    isSame(before.labels, after.labels);
  const differences = {
    owned: before.ownedHash !== after.ownedHash,
    status: !isSame(before.status, after.status),
    deletion: before.deleting !== after.deleting,
    metadata: !isMetadataEqual,
  };
  return changeNames.filter((name) => differences[name]);
}

const changeNames = ['owned', 'status', 'deletion', 'metadata'] as const;

/** Projections are built field by field in a fixed order, so equal values have equal text. */
function isSame(a: object, b: object): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
