import type { KubernetesObject } from '../api/kubernetes.ts';
import type { LiveObject } from './live-object.ts';
import type { ObjectChange } from './object-cache.ts';
import type { ObjectKind, PackedObject, PackedParts } from './packed-object.ts';
import type { ReflectorStore } from './reflector.ts';
import { compareText } from './strings.ts';
import { fromRest, type ProjectionRules, toPackedObject } from './to-packed-object.ts';
import { Tombstones } from './tombstones.ts';
import { isOlder, keyOf } from './versions.ts';

export interface KindStoreOptions {
  readonly kind: ObjectKind;
  readonly rules: ProjectionRules;
  readonly onChange: (live: PackedObject, change: Pick<ObjectChange, 'type' | 'differs' | 'initial'>) => void;
  /** An object came, went or (both given) was replaced by a newer version, for the index and the gauge. */
  readonly onEntry: (before: PackedObject | undefined, after: PackedObject | undefined) => void;
  /** An event changed nothing of interest. */
  readonly onDropped: () => void;
  /** An object is wanted that is not here: if its stack rests, `restore` is called for each of the stack's objects. */
  readonly wake: (key: string) => void;
  /** A list is complete: no stack may rest while what is not in it is sorted out. */
  readonly wakeAll: () => void;
}

/** Projections of one kind in one scope (a namespace or all), and what of their changes is worth a pass. */
export class KindStore implements ReflectorStore {
  readonly #options: KindStoreOptions;
  /** Without those of resting stacks. */
  readonly #objects = new Map<string, PackedObject>();
  readonly #tombstones = new Tombstones();
  /** The server's history went back: until the next list is complete, any version is newer than ours. */
  #isRewound = false;

  constructor(options: KindStoreOptions) {
    this.#options = options;
  }

  get(key: string): LiveObject | undefined {
    return this.#awake(key);
  }

  /** The object is kept with its stack until somebody asks for it. */
  rest(key: string): void {
    this.#objects.delete(key);
  }

  /** Takes it back; nothing has changed by that. */
  restore(parts: PackedParts): PackedObject {
    const live = fromRest(this.#options.kind, parts, this.#options.rules.pool);
    this.#objects.set(live.key, live);
    return live;
  }

  /** From the watch. Another uid under the same name is another object: one went, one came. */
  set(object: KubernetesObject, initial: boolean): void {
    const key = keyOf(object);
    const { uid = '', resourceVersion = '', deletionTimestamp } = object.metadata;
    if (this.#tombstones.hides(uid, deletionTimestamp !== undefined)) {
      return;
    }
    const known = this.#awake(key);
    if (known === undefined || known.uid !== uid) {
      this.#fire(this.#remove(key), 'removed', initial);
      this.#fire(this.#put(this.#pack(object, true)), 'added', initial);
    } else if (this.#isRewound || isOlder(known.resourceVersion, resourceVersion)) {
      this.#replace(known, this.#pack(object, !known.isVerified), { isOwnWrite: false, initial });
    }
  }

  delete(object: KubernetesObject): void {
    const key = keyOf(object);
    const { uid = '' } = object.metadata;
    this.#tombstones.add(uid, 'gone');
    if (this.#awake(key)?.uid === uid) {
      this.#fire(this.#remove(key), 'removed', false);
    }
  }

  retain(listed: ReadonlySet<string>, version: string): void {
    this.#options.wakeAll();
    const gone = [...this.#objects.values()].filter(({ key }) => !listed.has(key));
    // Sorted, because a rest changes their order.
    for (const live of gone.toSorted((one, other) => compareText(one.key, other.key))) {
      // What we wrote ourselves after the list was made is not in it; the watch that follows tells its fate.
      if (this.#isRewound || !isOlder(version, live.resourceVersion)) {
        this.#tombstones.add(live.uid, 'gone');
        this.#fire(this.#remove(live.key), 'removed', false);
      }
    }
    this.#isRewound = false;
  }

  clear(): void {
    this.#isRewound = true;
  }

  /**
   * From the answer to our own write: changes nothing backwards and revives nothing. The answer may contain what others
   * wrote just before us, and the watch's event of that is then too old to be taken: so foreign differences fire here.
   */
  upsert(object: KubernetesObject): LiveObject {
    const { uid = '', resourceVersion = '' } = object.metadata;
    const known = this.#awake(keyOf(object));
    // The watch may be faster than the answer.
    if (known?.uid === uid && !isOlder(known.resourceVersion, resourceVersion)) {
      return known;
    }
    const live = this.#pack(object, false);
    live.markVerified();
    if (known?.uid === live.uid) {
      this.#replace(known, live, { isOwnWrite: true, initial: false });
    } else if (!this.#tombstones.has(live.uid)) {
      this.#remove(live.key);
      this.#put(live);
    }
    return live;
  }

  /** The server has accepted the deletion of this uid. */
  markRemoved(key: string, uid: string): void {
    if (this.#awake(key)?.uid === uid) {
      this.#tombstones.add(uid, 'asked');
      this.#remove(key);
    }
  }

  verified(key: string): void {
    this.#awake(key)?.markVerified();
  }

  #pack(object: KubernetesObject, keepOwned: boolean): PackedObject {
    return toPackedObject(this.#options.kind, object, this.#options.rules, keepOwned);
  }

  #replace(
    before: PackedObject,
    after: PackedObject,
    origin: { readonly isOwnWrite: boolean; readonly initial: boolean },
  ): void {
    if (before.isVerified) {
      after.markVerified();
    }
    this.#objects.set(after.key, after);
    this.#options.onEntry(before, after);
    const differs = compare(before, after);
    const isRendered = origin.isOwnWrite && before.appliedHash !== after.appliedHash;
    const foreign = isRendered ? differs.filter((name) => name === 'status' || name === 'deletion') : differs;
    if (foreign.length > 0) {
      this.#options.onChange(after, { type: 'changed', differs: foreign, initial: origin.initial });
    } else if (!origin.isOwnWrite) {
      this.#options.onDropped();
    }
  }

  #put(live: PackedObject): PackedObject {
    this.#objects.set(live.key, live);
    this.#options.onEntry(undefined, live);
    return live;
  }

  #awake(key: string): PackedObject | undefined {
    const found = this.#objects.get(key);
    if (found !== undefined) {
      return found;
    }
    this.#options.wake(key);
    return this.#objects.get(key);
  }

  #remove(key: string): PackedObject | undefined {
    const live = this.#awake(key);
    if (live !== undefined) {
      this.#objects.delete(key);
      this.#options.onEntry(live, undefined);
    }
    return live;
  }

  #fire(live: PackedObject | undefined, type: 'added' | 'removed', initial: boolean): void {
    if (live !== undefined) {
      this.#options.onChange(live, { type, differs: [], initial });
    }
  }
}

/** What of a change is worth looking at. `resourceVersion` and `generation` alone are not. */
function compare(before: PackedObject, after: PackedObject): ObjectChange['differs'] {
  const isMetadataEqual =
    before.ownerUid === after.ownerUid &&
    before.appliedHash === after.appliedHash &&
    before.identity === after.identity &&
    before.hasLabelsOf(after);
  const differences = {
    owned: before.ownedHash !== after.ownedHash,
    // Projections are built field by field in a fixed order, so equal values have equal text.
    status: before.statusText !== after.statusText,
    deletion: before.deleting !== after.deleting,
    metadata: !isMetadataEqual,
  };
  return changeNames.filter((name) => differences[name]);
}

const changeNames = ['owned', 'status', 'deletion', 'metadata'] as const;
