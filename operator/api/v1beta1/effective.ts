import type { CompleteService, CompleteStack, Resources, Storage } from './complete-stack.ts';
import type { EffectiveStatus } from './ecommerce-stack.ts';

type EffectiveStore = EffectiveStatus['stores'][string];
type EffectiveService = EffectiveStatus['services'][string];

interface Store {
  readonly mode: string;
  readonly version: string;
  readonly image: string;
  readonly storage: Storage;
}

/** What `status.effective` says of a completed stack; also what later changes of mode and volumes are compared with. */
export function effectiveOf(stack: CompleteStack): EffectiveStatus {
  const { postgres, redis, kafka, elasticsearch } = stack;
  return {
    profile: stack.profile,
    stores: {
      postgres: effectiveStore(postgres, 1 + postgres.readReplicas),
      redis: effectiveStore(redis, redis.shards * (1 + redis.replicasPerShard)),
      kafka: effectiveStore(kafka, kafka.brokers),
      elasticsearch: effectiveStore(elasticsearch, elasticsearch.nodes),
    },
    services: Object.fromEntries(
      Object.values(stack.services)
        .filter((service) => service.enabled)
        .map((service) => [service.name, effectiveService(service)]),
    ),
  };
}

/** Version, image and volumes of a server that we do not run are not ours to tell. */
function effectiveStore({ mode, version, image, storage }: Store, instances: number): EffectiveStore {
  if (mode === 'External') {
    return { mode };
  }
  return {
    mode,
    version,
    image,
    instances,
    storageSize: storage.size,
    ...(storage.className === undefined ? {} : { storageClassName: storage.className }),
  };
}

function effectiveService({ image, replicas, autoscaling, resources }: CompleteService): EffectiveService {
  return {
    image,
    replicas: autoscaling.enabled ? `${autoscaling.minReplicas}..${autoscaling.maxReplicas}` : String(replicas),
    cpu: amounts(resources, 'cpu'),
    memory: amounts(resources, 'memory'),
  };
}

function amounts({ requests, limits }: Resources, kind: 'cpu' | 'memory'): string {
  return `${requests[kind]}/${limits[kind] ?? 'unlimited'}`;
}
