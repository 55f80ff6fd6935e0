import { type CompleteStack, serviceNames } from '../../../api/v1beta1/complete-stack.ts';
import { wantedRights } from '../acls.ts';
import { copiesOf, credentialKeys, ordinals, podName } from '../names.ts';
import type { BuiltinObserved, ClusterFacts, KafkaPod, ObservedTopic } from '../observed.ts';
import { wantedTopics } from '../topics.ts';
import { serviceUsers } from '../users.ts';

export const secrets: Readonly<Record<string, string>> = {
  [credentialKeys.clusterId]: 'MkU3OEVBNTcwNTJENDM2Qg',
  [credentialKeys.broker]: 'broker-secret',
  [credentialKeys.admin]: 'admin-secret',
  ...Object.fromEntries(serviceNames.map((name) => [credentialKeys.service(name), `${name}-secret`])),
};

const iterations = Object.fromEntries(serviceUsers(secrets).map((user) => [user.name, user.iterations]));

/** Facts of a cluster that is as the stack wants it; node 2 (or 0) is the active controller. */
export function healthyFacts(stack: CompleteStack, size = stack.kafka.brokers): ClusterFacts {
  const ids = ordinals(size);
  return {
    clusterId: secrets[credentialKeys.clusterId] ?? '',
    brokers: ids,
    quorum: {
      leaderId: size - 1,
      voters: ids.map((id) => ({
        id,
        directoryId: `directory-${id}`,
        logEnd: 100,
        fetchedAt: 10_000,
        caughtUpAt: 10_000,
      })),
      observers: [],
    },
    topics: wantedTopics(stack, size).map(
      (topic): ObservedTopic => ({
        name: topic.name,
        isInternal: false,
        minimumInSync: Number(topic.configs['min.insync.replicas']),
        configs: topic.configs,
        partitions: ordinals(topic.partitions).map((id) => {
          const replicas = ids.slice(0, copiesOf(size).factor);
          return { id, leader: replicas[0] ?? -1, replicas, inSync: replicas };
        }),
      }),
    ),
    settings: {},
    settingsRefusal: undefined,
    users: iterations,
    rights: wantedRights(stack),
    strangeAcls: [],
  };
}

export function aPod(stack: CompleteStack, ordinal: number, rest: Partial<KafkaPod> = {}): KafkaPod {
  return {
    name: podName(stack, ordinal),
    ordinal,
    uid: `uid-${ordinal}`,
    address: `10.0.0.${ordinal}`,
    machine: `machine-${ordinal}`,
    revision: 'new',
    isReady: true,
    isDeleting: false,
    isBroken: false,
    lastWords: undefined,
    ...rest,
  };
}

/** What a pass over that cluster sees. */
export function healthy(
  stack: CompleteStack,
  rest: Partial<Omit<BuiltinObserved, 'mode'>> = {},
  facts: Partial<ClusterFacts> = {},
): BuiltinObserved {
  const size = rest.size ?? stack.kafka.brokers;
  return {
    mode: 'Builtin',
    recorded: { identity: secrets[credentialKeys.clusterId], wasReady: true },
    credentials: { clusterId: secrets[credentialKeys.clusterId] ?? '', iterations },
    size,
    statefulSet: { uid: 'uid', replicas: size, updateRevision: 'new' },
    pods: ordinals(size).map((ordinal) => aPod(stack, ordinal)),
    podProblem: undefined,
    claims: [],
    answer: {
      state: 'up',
      target: { key: 'uid-0', host: '10.0.0.0', port: 9092 },
      facts: { ...healthyFacts(stack, size), ...facts },
    },
    ...rest,
  };
}
