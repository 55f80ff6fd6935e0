import type { ObservedClaim } from '../../objects/claims.ts';
import type { PodProblem } from '../../objects/pod-problem.ts';
import type { ObservedStatefulSet, StorePod } from '../../objects/stateful-pods.ts';
import type { Recorded } from '../contract.ts';
import type { ServerTarget } from './client.ts';

/** Everything that one pass knows of a stack's Elasticsearch: what readiness and the plans judge. */
export type Observed = BuiltinObserved | ExternalObserved | { readonly mode: 'ECK' };

/** `mode: Builtin`: our own pods. */
export interface BuiltinObserved {
  readonly mode: 'Builtin';
  readonly recorded: Recorded;
  /** The credential Secret exists. */
  readonly hasCredentials: boolean;
  /** Nodes that there shall be: what the manifest says, and never fewer than there are. */
  readonly size: number;
  readonly statefulSet: ObservedStatefulSet | undefined;
  /** Version that the template of the StatefulSet asks for. */
  readonly templateVersion: string | undefined;
  /** By ordinal. */
  readonly pods: readonly ElasticsearchPod[];
  readonly podProblem: PodProblem | undefined;
  readonly claims: readonly ObservedClaim[];
  readonly answer: Answer;
}

export type ElasticsearchPod = StorePod;

/** What came of asking the cluster: any node that has a master knows all of it. */
export type Answer =
  | { readonly state: 'up'; readonly target: ServerTarget; readonly facts: ClusterFacts }
  /** It is there and does not let us in. */
  | { readonly state: 'refused'; readonly message: string }
  /** Nobody has a master; `lonely` are the nodes that answered for themselves. */
  | { readonly state: 'silent'; readonly message: string; readonly lonely: readonly LonelyNode[] };

/** A node without a master. */
export interface LonelyNode {
  readonly name: string;
  /** Its volume held nothing when it started, and it has been in no cluster since. */
  readonly isEmpty: boolean;
}

/** The cluster by its own words. */
export interface ClusterFacts {
  readonly clusterUuid: string;
  readonly nodes: readonly ObservedNode[];
  /** Name of the elected master. */
  readonly master: string;
  readonly shards: readonly ObservedShard[];
  /** Persistent settings, flat. */
  readonly settings: Readonly<Record<string, string>>;
  /** Names of nodes that may not vote. */
  readonly voteless: readonly string[];
  /** Indices that refuse writes because a disk was full. */
  readonly blockedIndices: readonly string[];
  /** Type of each registered snapshot repository by name, with its settings. */
  readonly repositories: Readonly<Record<string, ObservedRepository>>;
}

export interface ObservedRepository {
  readonly type: string;
  readonly settings: Readonly<Record<string, string>>;
}

export interface ObservedNode {
  readonly name: string;
  readonly version: string;
  /** Names of its modules and plugins. */
  readonly modules: readonly string[];
  /** `vm.max_map_count` of its machine, when known. */
  readonly maxMapCount: number | undefined;
  /** Used part of its disk, 0…1; when known. */
  readonly diskUsed: number | undefined;
}

/** One copy of one shard. */
export interface ObservedShard {
  readonly index: string;
  readonly shard: number;
  readonly isPrimary: boolean;
  readonly state: 'STARTED' | 'RELOCATING' | 'INITIALIZING' | 'UNASSIGNED';
  /** Name of the node that holds it. */
  readonly node: string | undefined;
}

/** `mode: External`: somebody else's Elasticsearch, known by the user's Secret. */
export interface ExternalObserved {
  readonly mode: 'External';
  /** What is wrong with the Secret; `undefined` when it can be used. */
  readonly secretProblem: string | undefined;
  readonly address: string;
  readonly answer: ExternalAnswer;
}

export type ExternalAnswer =
  | { readonly state: 'up'; readonly version: string; readonly health: string; readonly nodes: number }
  | { readonly state: 'refused'; readonly message: string }
  | { readonly state: 'silent'; readonly message: string };
