import type { JsonObject, ObjectRef, StackKey } from '../api/kubernetes.ts';
import type { LiveObject } from './live-object.ts';

/** What a packed object is made of; strings that many objects share come from one pool. */
export interface PackedParts {
  readonly kind: ObjectKind;
  /** `namespace/name`. */
  readonly key: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly labels: PackedLabels;
  readonly ownerUid: string | undefined;
  readonly deleting: boolean;
  readonly appliedHash: string | undefined;
  readonly identity: string | undefined;
  readonly ownedHash: string;
  readonly owned: JsonObject | undefined;
  /** The projected status as JSON. */
  readonly status: string;
  readonly stack: StackKey | undefined;
  /** The owned values have been compared once: later versions need only the hash. */
  readonly isVerified: boolean;
}

export interface ObjectKind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Labels in two parts: what objects of a component have in common, and (as JSON) what only this one has. */
export interface PackedLabels {
  readonly shared: Readonly<Record<string, string>>;
  readonly own: string | undefined;
}

/**
 * A cached object in about half a kilobyte, twenty to a hundred thousand of which may be in memory: one flat record,
 * whose seldom read parts are text and are parsed when somebody asks for them.
 */
export class PackedObject implements LiveObject {
  readonly #kind: ObjectKind;
  readonly #sharedLabels: Readonly<Record<string, string>>;
  readonly #ownLabels: string | undefined;
  readonly key: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly ownerUid: string | undefined;
  readonly deleting: boolean;
  readonly appliedHash: string | undefined;
  readonly identity: string | undefined;
  readonly ownedHash: string;
  readonly statusText: string;
  readonly stack: StackKey | undefined;
  isVerified: boolean;
  #owned: JsonObject | undefined;

  constructor(parts: PackedParts) {
    this.#kind = parts.kind;
    this.#sharedLabels = parts.labels.shared;
    this.#ownLabels = parts.labels.own;
    this.key = parts.key;
    this.uid = parts.uid;
    this.resourceVersion = parts.resourceVersion;
    this.generation = parts.generation;
    this.ownerUid = parts.ownerUid;
    this.deleting = parts.deleting;
    this.appliedHash = parts.appliedHash;
    this.identity = parts.identity;
    this.ownedHash = parts.ownedHash;
    this.statusText = parts.status;
    this.stack = parts.stack;
    this.isVerified = parts.isVerified;
    this.#owned = parts.owned;
  }

  /** What the constructor takes. */
  get parts(): PackedParts {
    return {
      kind: this.#kind,
      key: this.key,
      uid: this.uid,
      resourceVersion: this.resourceVersion,
      generation: this.generation,
      labels: { shared: this.#sharedLabels, own: this.#ownLabels },
      ownerUid: this.ownerUid,
      deleting: this.deleting,
      appliedHash: this.appliedHash,
      identity: this.identity,
      ownedHash: this.ownedHash,
      owned: this.#owned,
      status: this.statusText,
      stack: this.stack,
      isVerified: this.isVerified,
    };
  }

  /** Nothing of it waits to be compared with what the engine renders. */
  get mayRest(): boolean {
    return this.#owned === undefined || Object.keys(this.#owned).length === 0;
  }

  get kind(): string {
    return this.#kind.kind;
  }

  get ref(): ObjectRef {
    const slash = this.key.indexOf('/');
    const name = this.key.slice(slash + 1);
    const { apiVersion, kind } = this.#kind;
    return slash === 0 ? { apiVersion, kind, name } : { apiVersion, kind, namespace: this.key.slice(0, slash), name };
  }

  get labels(): Readonly<Record<string, string>> {
    if (this.#ownLabels === undefined) {
      return this.#sharedLabels;
    }
    // Written by `packLabels` from such a record.
    return { ...this.#sharedLabels, ...(JSON.parse(this.#ownLabels) as Record<string, string>) };
  }

  get status(): JsonObject {
    // Written by `toPackedObject` from such an object.
    return JSON.parse(this.statusText) as JsonObject;
  }

  get owned(): JsonObject | undefined {
    return this.#owned;
  }

  /** Lets the owned values go. */
  markVerified(): void {
    this.isVerified = true;
    this.#owned = undefined;
  }

  hasLabelsOf(other: PackedObject): boolean {
    return (
      this.#ownLabels === other.#ownLabels &&
      (this.#sharedLabels === other.#sharedLabels ||
        JSON.stringify(this.#sharedLabels) === JSON.stringify(other.#sharedLabels))
    );
  }

  /** For logs and tests: the parts are not properties of the object itself. */
  toJSON(): object {
    const { ref, uid, resourceVersion, generation, labels, ownerUid, deleting } = this;
    const { appliedHash, identity, ownedHash, owned, status } = this;
    const rest = { appliedHash, identity, ownedHash, owned, status };
    return { ref, uid, resourceVersion, generation, labels, ownerUid, deleting, ...rest };
  }
}
