import type { JsonObject } from '../../api/kubernetes.ts';
import type { LiveObject } from '../../kube/live-object.ts';
import type { ObservedClaim } from '../../objects/claims.ts';
import type { Tenant } from './names.ts';

/** What decisions are made from: gathered once per pass, without secrets, then only read. */
export type Observed = ObservedBuiltin | ObservedExternal | { readonly mode: 'CloudNativePG' };

/** Facts that every mode has. */
interface ObservedServer {
  /** All keys of the credential Secret are there. */
  readonly hasCredentials: boolean;
  /** Identity of the data that the stack recorded; `undefined` before its first start. */
  readonly recordedIdentity: string | undefined;
  readonly server: ServerFacts | Unreachable | undefined;
}

export interface ObservedBuiltin extends ObservedServer {
  readonly mode: 'Builtin';
  readonly statefulSet: LiveObject | undefined;
  /** Major version that the manifest named when the data was made. */
  readonly bornMajor: string | undefined;
  /** In ascending order of their ordinals. */
  readonly instances: readonly Instance[];
  /** For how long the youngest pod has been running; 0 while one has not started. */
  readonly youngestPodMs: number;
  readonly claims: readonly ObservedClaim[];
  /** Last refusal of a volume expansion to the wanted size. */
  readonly expansionRefusal: string | undefined;
  /** Pods that were restarted lately for the wanted parameters: once is enough. */
  readonly restarted: readonly string[];
  /** Patroni's cluster-wide settings; `undefined` before the first start. */
  readonly dynamicConfig: JsonObject | undefined;
}

export interface ObservedExternal extends ObservedServer {
  readonly mode: 'External';
  readonly sslmode: string;
}

/** A pod with what Patroni in it says. */
export interface Instance {
  readonly ordinal: number;
  readonly name: string;
  readonly pod: LiveObject;
  /** `undefined` when Patroni did not answer; `silence` says why. */
  readonly member: Member | undefined;
  readonly silence: string | undefined;
  /** The cluster-wide settings that this server has taken up; read only while a restart is pending somewhere. */
  readonly settings: JsonObject | undefined;
}

/** Patroni's answer to `GET /patroni`. */
export interface Member {
  readonly state: string;
  /** `uninitialized` before there is any data. */
  readonly role: 'leader' | 'replica' | 'uninitialized';
  readonly serverVersion: number | undefined;
  readonly timeline: number | undefined;
  readonly systemIdentifier: string | undefined;
  /** PostgreSQL or Patroni says that a changed setting waits for a restart. */
  readonly pendingRestart: boolean;
  /** Nobody holds the leader's lock, as far as this member knows. */
  readonly unlocked: boolean;
  /** Patroni is in maintenance mode and will not fail over. */
  readonly paused: boolean;
  readonly patroniVersion: string | undefined;
}

/** A server that could not be asked: `reason` is CamelCase, the message a sentence with the next step. */
export interface Unreachable {
  readonly reachable: false;
  readonly reason: string;
  readonly message: string;
}

/** What one query on the leader tells. */
export interface ServerFacts {
  readonly reachable: true;
  readonly inRecovery: boolean;
  /** e.g. `15.18`. */
  readonly version: string;
  readonly identity: string | undefined;
  readonly tenants: readonly TenantFacts[];
  readonly standbys: readonly Standby[];
  /** Patroni's cluster-wide settings as this server last stored them; `undefined` when they could not be read. */
  readonly dynamicConfig: JsonObject | undefined;
  /** Present values of the parameters that standbys are sensitive to. */
  readonly sensitive: Readonly<Record<string, number>>;
  readonly pendingRestart: readonly string[];
  /** Parameters of the manifest that this server does not know. */
  readonly unknownParameters: readonly string[];
  /** The connecting user may create roles and databases. */
  readonly mayProvision: boolean;
  /** The standbys' password is the one of the credential Secret; `undefined` where there is no such role of ours. */
  readonly replicationPasswordOk: boolean | undefined;
}

export interface TenantFacts {
  readonly tenant: Tenant;
  readonly role: 'missing' | 'foreign' | 'wrong' | 'ok';
  readonly database: 'missing' | 'foreign' | 'wrong' | 'ok';
}

export interface Standby {
  /** Name of its pod. */
  readonly name: string;
  readonly state: string;
  readonly sync: boolean;
  /** Bytes of WAL written by the primary and not yet replayed here. */
  readonly lagBytes: number;
}
