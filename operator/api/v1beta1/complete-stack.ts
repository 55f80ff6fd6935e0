import type { JsonObject } from '../kubernetes.ts';

/**
 * An EcommerceStack after profile and defaults: what builders read. No field that has a default is optional, so
 * builders hold no `??`. Made by `completeStack` from the stored object and the operator's installation defaults.
 */
export interface CompleteStack {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly generation: number;
  /** `metadata.annotations`: pause, restart and the other requests under `ecommerce.stack/`. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Release of the shop's service images. */
  readonly version: string;
  readonly profile: Profile;
  /** Public host name of the shop. */
  readonly host: string;
  readonly imagePullSecrets: readonly string[];
  readonly postgres: CompletePostgres;
  readonly redis: CompleteRedis;
  readonly kafka: CompleteKafka;
  readonly elasticsearch: CompleteElasticsearch;
  readonly services: Readonly<Record<ServiceName, CompleteService>>;
  readonly ingress: CompleteIngress;
  readonly traffic: { readonly provider: 'None' | 'Istio' | 'GatewayAPI' };
  /** `undefined`: the manifest names no destination, so nothing is backed up. */
  readonly backup: CompleteBackup | undefined;
  readonly monitoring: CompleteMonitoring;
  readonly networkPolicy: { readonly enabled: boolean };
  readonly deletionPolicy: DeletionPolicy;
}

export type Profile = 'Development' | 'Production';
export type DeletionPolicy = 'Retain' | 'Snapshot' | 'Delete';

/** The shop's services in the order of the specification; the array is the only list of their names. */
export const serviceNames = [
  'gateway',
  'user',
  'product',
  'cart',
  'order',
  'payment',
  'inventory',
  'notification',
  'search',
] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Kubernetes quantities as strings in the server's canonical spelling (`500m`, `1`, `512Mi`). */
export interface Resources {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly cpu?: string; readonly memory: string };
}

export interface Storage {
  /** A quantity, e.g. `10Gi`; may only grow. */
  readonly size: string;
  /** Absent: the cluster's default StorageClass. */
  readonly className?: string;
}

export interface CompletePostgres {
  readonly mode: 'Builtin' | 'CloudNativePG' | 'External';
  /** Major version, e.g. `17`. */
  readonly version: string;
  readonly image: string;
  /** Streaming replicas beside the primary; instances = 1 + readReplicas. */
  readonly readReplicas: number;
  /** Commits wait for a standby: on in Production when there is a replica. */
  readonly synchronous: boolean;
  readonly storage: Storage;
  readonly resources: Resources;
  readonly parameters: Readonly<Record<string, string>>;
  /** `External` only: the user's Secret. */
  readonly connectionSecretName?: string;
}

export interface CompleteRedis {
  readonly mode: 'Builtin' | 'External';
  readonly version: string;
  readonly image: string;
  readonly shards: number;
  readonly replicasPerShard: number;
  readonly storage: Storage;
  readonly resources: Resources;
  readonly connectionSecretName?: string;
}

export interface CompleteKafka {
  readonly mode: 'Builtin' | 'Strimzi' | 'External';
  readonly version: string;
  readonly image: string;
  readonly brokers: number;
  readonly storage: Storage;
  readonly resources: Resources;
  /** Settings of the brokers by name. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Topics beside those that the services need themselves. */
  readonly topics: readonly CompleteTopic[];
  readonly connectionSecretName?: string;
}

export interface CompleteTopic {
  readonly name: string;
  /** `Absent`: to be deleted with its events. */
  readonly state: 'Present' | 'Absent';
  readonly partitions: number;
  readonly replicationFactor: number;
  /** `undefined`: kept for ever. */
  readonly retentionHours: number | undefined;
  readonly cleanupPolicy: 'delete' | 'compact';
}

export interface CompleteElasticsearch {
  readonly mode: 'Builtin' | 'ECK' | 'External';
  readonly version: string;
  readonly image: string;
  readonly nodes: number;
  /** JVM heap as Elasticsearch spells it, e.g. `512m`. */
  readonly heapSize: string;
  readonly storage: Storage;
  readonly resources: Resources;
  readonly connectionSecretName?: string;
}

/** How a service moves to a new version. */
export interface CompleteRollout {
  readonly strategy: 'Rolling' | 'Canary' | 'BlueGreen';
  /** Percent of traffic per step, rising; 100 follows by itself. */
  readonly steps: readonly number[];
  readonly intervalMs: number;
  readonly progressDeadlineMs: number;
  readonly promotion: 'Auto' | 'Manual';
  readonly analysis: {
    readonly metrics: readonly RolloutMetric[];
    readonly failureThreshold: number;
    readonly errorThreshold: number;
    readonly baseline: 'Stable' | 'Fixed';
  };
  readonly onAbort: { readonly shiftBack: 'Immediate' | 'Stepped'; readonly holdCanaryMs: number };
  readonly stickiness?: { readonly cookie: string; readonly maxAgeMs: number };
  readonly blueGreen: {
    readonly previewHost?: string;
    readonly autoPromoteAfterMs: number;
    readonly keepOldForMs: number;
  };
}

export interface RolloutMetric {
  readonly name: string;
  /** PromQL; absent for the built-in metrics. */
  readonly query?: string;
  readonly min?: number;
  readonly max?: number;
  readonly minRequests: number;
  readonly onNoData: 'Wait' | 'Pass' | 'Fail';
}

export interface CompleteIngress {
  readonly enabled: boolean;
  /** Absent: the cluster's default IngressClass. */
  readonly className?: string;
  /** Absent: plain HTTP. With an issuer, cert-manager fills `secretName`. */
  readonly tls?: { readonly secretName: string; readonly issuerRef?: IssuerRef };
  readonly rateLimitPerSecond: number;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface IssuerRef {
  readonly kind: 'Issuer' | 'ClusterIssuer';
  readonly name: string;
}

export interface CompleteBackup {
  readonly image: string;
  /** Five cron fields, read in `timeZone`. */
  readonly schedule: string;
  readonly timeZone: string;
  readonly s3: {
    readonly endpoint?: string;
    readonly bucket: string;
    readonly prefix: string;
    readonly region: string;
    readonly credentialsSecretName: string;
  };
  readonly retention: { readonly dailyDays: number; readonly weeklyDays: number; readonly monthlyDays: number };
  /** Cron fields of the restore that is tried and compared; absent: none. */
  readonly restoreTestSchedule?: string;
}

export interface CompleteMonitoring {
  readonly prometheusRules: boolean;
  readonly serviceMonitors: boolean;
  readonly dashboards: boolean;
  readonly thresholds: {
    readonly errorRatePercent: number;
    readonly latencyP95Milliseconds: number;
    readonly backupAgeHours: number;
    readonly diskFreePercent: number;
  };
}

export interface CompleteAutoscaling {
  readonly enabled: boolean;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly cpuPercent: number;
  readonly memoryPercent: number;
  /** In the order of the manifest; no profile has any. */
  readonly external: readonly ExternalMetric[];
}

/** A metric that an adapter serves as `external.metrics.k8s.io`. */
export interface ExternalMetric {
  readonly metric: string;
  /** Labels of the series; empty: all of that name. */
  readonly selector: Readonly<Record<string, string>>;
  /** A quantity in the server's canonical spelling: so much of it for each pod. */
  readonly averageValue: string;
}

export interface CompleteService {
  readonly name: ServiceName;
  readonly enabled: boolean;
  /** Full image reference with tag or digest. */
  readonly image: string;
  /** Tag of the image: the service's own version or the stack's. */
  readonly version: string;
  /** Ignored while `autoscaling.enabled`. */
  readonly replicas: number;
  readonly resources: Resources;
  /** Extra environment variables; they win over ours. */
  readonly env: Readonly<Record<string, string>>;
  readonly autoscaling: CompleteAutoscaling;
  readonly rollout: CompleteRollout;
  /** Escape hatch merged last into the pod template's `spec` (strategic for named lists). */
  readonly podOverrides?: JsonObject;
}
