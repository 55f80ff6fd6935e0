import type { ObservedClaim } from '../../objects/claims.ts';
import type { PodProblem } from '../../objects/pod-problem.ts';
import type { ObservedStatefulSet, StatefulPod } from '../../objects/stateful-pods.ts';
import type { Recorded } from '../contract.ts';
import type { ClusterLine, OpenSlot } from './cluster-nodes.ts';
import type { SlotRange } from './slots.ts';
import type { Topology } from './topology.ts';

/** Everything that one pass knows of a stack's Redis: what readiness and the plans judge. */
export type Observed = BuiltinObserved | ExternalObserved;

/** `mode: Builtin`: our own pods. */
export interface BuiltinObserved {
  readonly mode: 'Builtin';
  readonly recorded: Recorded;
  /** SHA-256 of each user's password, hex; `undefined` until the credential Secret exists. */
  readonly passwordHashes: PasswordHashes | undefined;
  readonly statefulSet: ObservedStatefulSet | undefined;
  /** By ordinal; also those that the manifest no longer wants. */
  readonly pods: readonly RedisPod[];
  readonly podProblem: PodProblem | undefined;
  readonly claims: readonly ObservedClaim[];
  /** Of every pod that has an address, by pod name. */
  readonly answers: ReadonlyMap<string, Answer>;
  /** What the answers together say. */
  readonly topology: Topology;
}

/** `mode: External`: somebody else's cluster, known by the user's Secret. */
export interface ExternalObserved {
  readonly mode: 'External';
  /** What is wrong with the Secret; `undefined` when it can be used. */
  readonly secretProblem: string | undefined;
  /** `host:port` of each node that was asked, with its answer. */
  readonly nodes: readonly { readonly address: string; readonly answer: Answer }[];
}

export interface PasswordHashes {
  readonly admin: string;
  readonly services: string;
}

export type RedisPod = StatefulPod;

/** What came of asking one node. */
export type Answer =
  | { readonly state: 'up'; readonly facts: NodeFacts }
  /** It reads its data from the volume; nothing else can be asked meanwhile. */
  | { readonly state: 'loading' }
  /** It is there and does not let us in. */
  | { readonly state: 'refused'; readonly message: string }
  | { readonly state: 'silent'; readonly message: string };

/** One node by its own words. */
export interface NodeFacts {
  readonly id: string;
  /** `undefined` for a primary. */
  readonly primaryId: string | undefined;
  /** Its own slots; a replica has none. */
  readonly slots: readonly SlotRange[];
  readonly migrating: readonly OpenSlot[];
  readonly importing: readonly OpenSlot[];
  /** The other nodes as it sees them. */
  readonly view: readonly ClusterLine[];
  readonly epoch: number;
  readonly isStateOk: boolean;
  readonly keys: number;
  readonly identity: string | undefined;
  readonly version: string;
  readonly isCluster: boolean;
  /** Its own clock, milliseconds since 1970. */
  readonly clock: number;
  readonly uptimeMs: number;
  readonly replication: Replication;
  /** Why it refuses writes (volume full, …); `undefined` when it can persist. */
  readonly persistenceProblem: string | undefined;
  readonly usedMemoryBytes: number;
  readonly maxMemoryBytes: number;
  /** Present values of the options that can be set while it runs. */
  readonly options: Readonly<Record<string, string>>;
  /** Password hashes of the users we manage; empty for a user that does not exist or is off. */
  readonly users: Readonly<Record<string, readonly string[]>>;
}

export interface Replication {
  /** A primary's own position, or how far a replica has read, in bytes of the stream. */
  readonly offset: number;
  /** Of a replica: connected to its primary, first copy finished. */
  readonly isStreaming: boolean;
  /** Of a replica: the address that it copies from. */
  readonly source: string | undefined;
  /** Of a primary: how far each replica that it streams to has confirmed to have read, by the replica's address. */
  readonly followers: ReadonlyMap<string, number>;
}
