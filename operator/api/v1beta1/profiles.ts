import type { Profile, Resources, ServiceName } from './complete-stack.ts';

/**
 * Sizes and replica counts by profile: the only place with such numbers.
 *
 * `Production` comes from the deployment guide:
 * - "Resource Requirements (Production)", the service allocation for 10,000 concurrent users: instances, CPU and memory
 *   per instance. They are the limits of a service; its requests are half of them, as in the guide's example Deployment
 *   (500m / 512Mi with requests of 250m / 256Mi). A data store gets them as requests too: memory that is promised but
 *   not there loses data. The guide's `MB` and `GB` are `Mi` and `Gi` there and here.
 * - "Scaling Targets by Service": bounds and targets of the autoscalers. The gateway has no row there: 2..6 at 70/80,
 *   the lower bound being its instances and the targets those of most services.
 * - "Database Scaling": two read replicas of PostgreSQL and six Redis pods, i.e. three shards with a replica each.
 * - Volume sizes are not in the guide. Redis: four times its memory, for the append-only file and its rewrite. The
 *   others: room for the first year of a shop of that size; volumes can grow later, never shrink.
 * - "Database Connection Pooling": 20 connections, 5 of them kept.
 *
 * `Development` lets a whole stack fit on one laptop (2 cores, 4 GiB): what the containers need idle, measured, and no
 * CPU limits, because a throttled start is a slow one. PostgreSQL may take what it takes when all connections of its services' pools are
 * in use, or the kernel ends one and the server starts again.
 */
export interface ProfileSizes {
  readonly postgres: StoreSizes & { readonly readReplicas: number };
  readonly redis: StoreSizes & { readonly shards: number; readonly replicasPerShard: number };
  readonly kafka: StoreSizes & { readonly brokers: number };
  readonly elasticsearch: StoreSizes & { readonly nodes: number; readonly heapSize: string };
  readonly services: Readonly<Record<ServiceName, ServiceSizes>>;
  /** Most connections of one pool of a service, and those that are kept; a service has a pool for writes and one for reads. */
  readonly databasePool: { readonly max: number; readonly min: number };
  /** Alert rules, scrape configuration and dashboards unless the manifest says otherwise. */
  readonly monitoring: boolean;
}

export interface StoreSizes {
  readonly storageSize: string;
  readonly resources: Resources;
}

export interface ServiceSizes {
  readonly replicas: number;
  readonly resources: Resources;
  readonly autoscaling: {
    readonly enabled: boolean;
    readonly minReplicas: number;
    readonly maxReplicas: number;
    readonly cpuPercent: number;
    readonly memoryPercent: number;
  };
}

/** Minimum, maximum, CPU percent, memory percent: a row of "Scaling Targets by Service". */
type ScalingRow = readonly [min: number, max: number, cpu: number, memory: number];

const scalingTargets: Readonly<Record<ServiceName, ScalingRow>> = {
  gateway: [2, 6, 70, 80],
  user: [2, 5, 70, 80],
  product: [3, 10, 70, 80],
  cart: [2, 8, 60, 75],
  order: [2, 5, 70, 80],
  payment: [2, 4, 75, 85],
  inventory: [2, 5, 70, 80],
  notification: [2, 5, 60, 70],
  search: [2, 5, 60, 80],
};

/** Instances, CPU request/limit, memory request/limit: a row of the service allocation. */
type AllocationRow = readonly [instances: number, cpu: readonly [string, string], memory: readonly [string, string]];

const allocation: Readonly<Record<ServiceName, AllocationRow>> = {
  gateway: [2, ['500m', '1'], ['512Mi', '1Gi']],
  user: [3, ['250m', '500m'], ['256Mi', '512Mi']],
  product: [5, ['250m', '500m'], ['256Mi', '512Mi']],
  cart: [3, ['125m', '250m'], ['128Mi', '256Mi']],
  order: [3, ['500m', '1'], ['512Mi', '1Gi']],
  payment: [2, ['500m', '1'], ['512Mi', '1Gi']],
  inventory: [3, ['250m', '500m'], ['256Mi', '512Mi']],
  notification: [2, ['125m', '250m'], ['128Mi', '256Mi']],
  search: [2, ['500m', '1'], ['1Gi', '2Gi']],
};

const production: ProfileSizes = {
  postgres: { readReplicas: 2, storageSize: '50Gi', resources: guaranteed('2', '4Gi') },
  redis: { shards: 3, replicasPerShard: 1, storageSize: '8Gi', resources: guaranteed('500m', '2Gi') },
  kafka: { brokers: 3, storageSize: '50Gi', resources: guaranteed('1', '2Gi') },
  // Half of the memory is heap, the other half the page cache: Elasticsearch's own advice.
  elasticsearch: { nodes: 3, heapSize: '2g', storageSize: '50Gi', resources: guaranteed('1', '4Gi') },
  services: eachService((name) => {
    const [replicas, cpu, memory] = allocation[name];
    return {
      replicas,
      resources: { requests: { cpu: cpu[0], memory: memory[0] }, limits: { cpu: cpu[1], memory: memory[1] } },
      autoscaling: autoscaling(name, true),
    };
  }),
  databasePool: { max: 20, min: 5 },
  monitoring: true,
};

const development: ProfileSizes = {
  postgres: { readReplicas: 0, storageSize: '1Gi', resources: burstable('50m', '128Mi', '1Gi') },
  // Three is the smallest Redis Cluster; without replicas a lost pod's keys wait for its return.
  redis: { shards: 3, replicasPerShard: 0, storageSize: '1Gi', resources: burstable('10m', '32Mi', '128Mi') },
  kafka: { brokers: 1, storageSize: '1Gi', resources: burstable('50m', '512Mi', '768Mi') },
  elasticsearch: { nodes: 1, heapSize: '384m', storageSize: '1Gi', resources: burstable('50m', '640Mi', '900Mi') },
  services: eachService((name) => ({
    replicas: 1,
    resources: burstable('20m', '96Mi', '256Mi'),
    autoscaling: autoscaling(name, false),
  })),
  databasePool: { max: 6, min: 2 },
  monitoring: false,
};

/** Numbers of each profile. */
export const profiles: Readonly<Record<Profile, ProfileSizes>> = { Development: development, Production: production };

function autoscaling(name: ServiceName, enabled: boolean): ServiceSizes['autoscaling'] {
  const [minReplicas, maxReplicas, cpuPercent, memoryPercent] = scalingTargets[name];
  return { enabled, minReplicas, maxReplicas, cpuPercent, memoryPercent };
}

function guaranteed(cpu: string, memory: string): Resources {
  return { requests: { cpu, memory }, limits: { cpu, memory } };
}

function burstable(cpu: string, memory: string, limit: string): Resources {
  return { requests: { cpu, memory }, limits: { memory: limit } };
}

function eachService(sizes: (name: ServiceName) => ServiceSizes): Record<ServiceName, ServiceSizes> {
  return {
    gateway: sizes('gateway'),
    user: sizes('user'),
    product: sizes('product'),
    cart: sizes('cart'),
    order: sizes('order'),
    payment: sizes('payment'),
    inventory: sizes('inventory'),
    notification: sizes('notification'),
    search: sizes('search'),
  };
}
