import type { CompletionInput } from '../complete.ts';
import type {
  CompleteElasticsearch,
  CompleteKafka,
  CompletePostgres,
  CompleteRedis,
  CompleteTopic,
  Resources,
  Storage,
} from '../complete-stack.ts';
import type { EcommerceStackSpec } from '../ecommerce-stack.ts';
import { type ProfileSizes, profiles, type StoreSizes } from '../profiles.ts';
import { quantityToNumber } from '../quantity.ts';
import type { StoreName } from '../versions.ts';
import { storeImage, storeVersion } from './images.ts';
import { completeResources, completeStorage } from './resources.ts';

/** `spec.postgres` completed. */
export function completePostgres(input: CompletionInput): CompletePostgres {
  const { spec } = input.object;
  const stated = spec.postgres;
  const readReplicas = stated?.readReplicas ?? sizesOf(spec).postgres.readReplicas;
  return {
    mode: stated?.mode ?? 'Builtin',
    ...completeStore('postgres', input),
    readReplicas,
    // Without a standby a synchronous commit would wait for ever.
    synchronous: spec.profile === 'Production' && readReplicas > 0,
    parameters: stated?.parameters ?? {},
  };
}

/** `spec.redis` completed. */
export function completeRedis(input: CompletionInput): CompleteRedis {
  const { spec } = input.object;
  const sizes = sizesOf(spec).redis;
  return {
    mode: spec.redis?.mode ?? 'Builtin',
    ...completeStore('redis', input),
    shards: spec.redis?.shards ?? sizes.shards,
    replicasPerShard: spec.redis?.replicasPerShard ?? sizes.replicasPerShard,
  };
}

/** `spec.kafka` completed. */
export function completeKafka(input: CompletionInput): CompleteKafka {
  const { spec } = input.object;
  const brokers = spec.kafka?.brokers ?? sizesOf(spec).kafka.brokers;
  return {
    mode: spec.kafka?.mode ?? 'Builtin',
    ...completeStore('kafka', input),
    brokers,
    parameters: spec.kafka?.parameters ?? {},
    topics: (spec.kafka?.topics ?? []).map((topic) => completeTopic(topic, brokers)),
  };
}

/** `spec.elasticsearch` completed. */
export function completeElasticsearch(input: CompletionInput): CompleteElasticsearch {
  const { spec } = input.object;
  const store = completeStore('elasticsearch', input);
  return {
    mode: spec.elasticsearch?.mode ?? 'Builtin',
    ...store,
    nodes: spec.elasticsearch?.nodes ?? sizesOf(spec).elasticsearch.nodes,
    heapSize: spec.elasticsearch?.heapSize ?? defaultHeap(spec, store.resources),
  };
}

function sizesOf(spec: EcommerceStackSpec): ProfileSizes {
  return profiles[spec.profile];
}

interface CompleteStore {
  readonly version: string;
  readonly image: string;
  readonly storage: Storage;
  readonly resources: Resources;
  readonly connectionSecretName?: string;
}

function completeStore(store: StoreName, input: CompletionInput): CompleteStore {
  const { spec } = input.object;
  const stated = spec[store];
  const sizes: StoreSizes = sizesOf(spec)[store];
  const recordedSize = input.object.status?.effective?.stores[store]?.storageSize;
  return {
    version: storeVersion(store, input),
    image: storeImage(store, input),
    storage: completeStorage(stated?.storage, sizes.storageSize, recordedSize),
    resources: completeResources(stated?.resources, sizes.resources),
    ...(stated?.connectionSecretRef === undefined ? {} : { connectionSecretName: stated.connectionSecretRef.name }),
  };
}

type StatedTopic = NonNullable<NonNullable<EcommerceStackSpec['kafka']>['topics']>[number];

/** Three partitions let three consumers share the work; three copies survive one loss with two left to confirm. */
function completeTopic(topic: StatedTopic, brokers: number): CompleteTopic {
  const retentionHours = topic.retentionHours ?? 168;
  return {
    name: topic.name,
    state: topic.state ?? 'Present',
    partitions: topic.partitions ?? 3,
    replicationFactor: Math.min(topic.replicationFactor ?? 3, brokers),
    retentionHours: retentionHours < 0 ? undefined : retentionHours,
    cleanupPolicy: topic.cleanupPolicy ?? 'delete',
  };
}

/** Above 31 GiB Java needs twice the room for each reference: more heap would hold less. */
const mostHeapMebibytes = 31 * 1024;

/** The profile's heap, unless the manifest states memory: then half of the limit, as Elasticsearch advises. */
function defaultHeap(spec: EcommerceStackSpec, resources: Resources): string {
  if (spec.elasticsearch?.resources?.limits?.memory === undefined) {
    return sizesOf(spec).elasticsearch.heapSize;
  }
  const half = Math.floor(quantityToNumber(resources.limits.memory) / 2 / 1024 ** 2);
  return `${Math.min(half, mostHeapMebibytes)}m`;
}
