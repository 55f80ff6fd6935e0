import type { ObservedClaim } from '../../objects/claims.ts';
import type { PodProblem } from '../../objects/pod-problem.ts';
import type { ObservedStatefulSet, StorePod } from '../../objects/stateful-pods.ts';
import type { Recorded } from '../contract.ts';
import type { Right } from './acls.ts';
import type { BrokerTarget } from './client.ts';
import type { KafkajsAcl } from './kafkajs.ts';
import type { Quorum } from './protocol/quorum.ts';

/** Everything that one pass knows of a stack's Kafka: what readiness and the plans judge. */
export type Observed = BuiltinObserved | ExternalObserved;

/** `mode: Builtin`: our own pods. */
export interface BuiltinObserved {
  readonly mode: 'Builtin';
  readonly recorded: Recorded;
  /** Of the credential Secret; `undefined` until it exists. */
  readonly credentials: KnownCredentials | undefined;
  /** Nodes that there shall be: what the manifest says, and never fewer than there are. */
  readonly size: number;
  readonly statefulSet: ObservedStatefulSet | undefined;
  /** By ordinal. */
  readonly pods: readonly KafkaPod[];
  readonly podProblem: PodProblem | undefined;
  readonly claims: readonly ObservedClaim[];
  readonly answer: Answer;
}

/** What decisions need of the credential Secret: no password. */
export interface KnownCredentials {
  readonly clusterId: string;
  /** Iterations that tell each service's present password. */
  readonly iterations: Readonly<Record<string, number>>;
}

export type KafkaPod = StorePod;

/** What came of asking the cluster: any broker knows all of it. */
export type Answer =
  | { readonly state: 'up'; readonly target: BrokerTarget; readonly facts: ClusterFacts }
  /** It is there and does not let us in. */
  | { readonly state: 'refused'; readonly message: string }
  | { readonly state: 'silent'; readonly message: string };

/** The cluster by its own words. */
export interface ClusterFacts {
  readonly clusterId: string;
  /** Ids of the brokers that are registered and alive. */
  readonly brokers: readonly number[];
  readonly quorum: Quorum;
  readonly topics: readonly ObservedTopic[];
  /** Cluster-wide settings of running brokers. */
  readonly settings: Readonly<Record<string, string>>;
  /** Why the brokers would refuse what the manifest wants of them; `undefined` when they would not. */
  readonly settingsRefusal: string | undefined;
  /** Iterations of each service's credential; absent: no such user. */
  readonly users: Readonly<Record<string, number>>;
  /** Rights of the services' users. */
  readonly rights: readonly Right[];
  /** ACLs of the services' users that are none of ours. */
  readonly strangeAcls: readonly KafkajsAcl[];
}

export interface ObservedTopic {
  readonly name: string;
  readonly isInternal: boolean;
  readonly partitions: readonly ObservedPartition[];
  readonly minimumInSync: number;
  /** Values of the settings that we own. */
  readonly configs: Readonly<Record<string, string>>;
}

export interface ObservedPartition {
  readonly id: number;
  /** -1: none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

/** `mode: External`: somebody else's Kafka, known by the user's Secret. */
export interface ExternalObserved {
  readonly mode: 'External';
  /** What is wrong with the Secret; `undefined` when it can be used. */
  readonly secretProblem: string | undefined;
  readonly address: string;
  readonly answer: ExternalAnswer;
}

export type ExternalAnswer =
  | {
      readonly state: 'up';
      readonly target: BrokerTarget;
      readonly brokers: number;
      /** Topics that the services need and that are not there. */
      readonly missing: readonly string[];
      /** Why we may not create them; `undefined` when we may. */
      readonly refusal: string | undefined;
    }
  | { readonly state: 'refused'; readonly message: string }
  | { readonly state: 'silent'; readonly message: string };
