import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { aCompleteStack } from '../../../testing/complete.ts';
import { podName } from '../names.ts';
import type { BuiltinObserved, ClusterFacts, ElasticsearchPod, ObservedShard } from '../observed.ts';

/** A stack of so many nodes. */
export function aSearchStack(nodes: number): CompleteStack {
  return aCompleteStack({ elasticsearch: { nodes, version: '8.19.0' } });
}

/** What differs from a healthy cluster whose master is node 0. */
export interface Deviations {
  /** By ordinal. */
  readonly pods?: Readonly<Record<number, Partial<ElasticsearchPod>>>;
  readonly facts?: Partial<ClusterFacts>;
  readonly rest?: Partial<BuiltinObserved>;
}

/** A healthy cluster of `size` nodes with one index of a primary and a replica, but for the deviations. */
export function observeNodes(size: number, { pods = {}, facts = {}, rest = {} }: Deviations = {}): BuiltinObserved {
  const ordinals = Array.from({ length: size }, (_, ordinal) => ordinal);
  return {
    mode: 'Builtin',
    recorded: { identity: 'uuid', wasReady: true },
    hasCredentials: true,
    size,
    statefulSet: { uid: 'set', replicas: size, updateRevision: 'new' },
    templateVersion: '8.19.0',
    pods: ordinals.map((ordinal) => ({ ...aPod(ordinal), ...pods[ordinal] })),
    podProblem: undefined,
    claims: [],
    answer: { state: 'up', target: { url: 'http://10.0.0.1:9200' }, facts: { ...someFacts(ordinals), ...facts } },
    ...rest,
  };
}

/** One copy of shard 0 of the index `products`. */
export function aShard(copy: Partial<ObservedShard> = {}): ObservedShard {
  return { index: 'products', shard: 0, isPrimary: true, state: 'STARTED', node: nodeName(0), ...copy };
}

/** `shop-es-0` */
export const nodeName = (ordinal: number) => podName({ name: 'shop' }, ordinal);

function aPod(ordinal: number): ElasticsearchPod {
  return {
    name: nodeName(ordinal),
    ordinal,
    uid: `uid-${ordinal}`,
    address: `10.0.0.${ordinal}`,
    machine: 'machine',
    revision: 'new',
    isReady: true,
    isDeleting: false,
    isBroken: false,
    lastWords: undefined,
  };
}

function someFacts(ordinals: readonly number[]): ClusterFacts {
  const isAlone = ordinals.length === 1;
  return {
    clusterUuid: 'uuid',
    master: nodeName(0),
    nodes: ordinals.map((ordinal) => ({
      name: nodeName(ordinal),
      version: '8.19.0',
      modules: ['transport-netty4'],
      maxMapCount: 1_048_576,
      diskUsed: 0.5,
    })),
    shards: [
      aShard(),
      aShard({ isPrimary: false, ...(isAlone ? { state: 'UNASSIGNED', node: undefined } : { node: nodeName(1) }) }),
    ],
    settings: {},
    voteless: [],
    blockedIndices: [],
    repositories: {},
  };
}
