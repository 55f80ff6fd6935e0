import test from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import type { BuiltinObserved, ClusterFacts } from './observed.ts';
import { judgeKafka } from './readiness.ts';
import { aPod, healthy, healthyFacts } from './testing/facts.ts';

const stack = aCompleteStack({ kafka: { brokers: 3 } });
const facts = healthyFacts(stack);
const [firstTopic] = facts.topics;

test('a healthy cluster is ready and says its size', (t) => {
  t.deepEqual(judgeKafka(healthy(stack), stack), {
    state: 'ready',
    message: '3 brokers serve 40 topics; all partitions are in sync.',
  });
});

interface Case {
  readonly reason: string;
  readonly message: RegExp;
  readonly seen?: Partial<BuiltinObserved>;
  readonly facts?: Partial<ClusterFacts>;
}

const inSync = (...ids: readonly number[]) =>
  firstTopic === undefined
    ? []
    : [{ ...firstTopic, partitions: [{ id: 0, leader: ids[0] ?? -1, replicas: [0, 1, 2], inSync: ids }] }];

const cases: readonly Case[] = [
  { reason: 'CredentialsPending', message: /generated/, seen: { credentials: undefined } },
  {
    reason: 'IdentityMismatch',
    message: /another name for the stack/,
    seen: { recorded: { identity: 'other', wasReady: true } },
  },
  {
    reason: 'IdentityMismatch',
    message: /volume of shop-kafka-1 holds data of the Kafka cluster AAAA/,
    seen: { pods: [0, 1, 2].map((id) => aPod(stack, id, id === 1 ? { lastWords: 'IdentityMismatch AAAA\n' } : {})) },
  },
  {
    reason: 'DataMissing',
    message: /delete the stack, then the Secret shop-kafka-credentials/,
    seen: { pods: [aPod(stack, 0, { lastWords: 'DataMissing\n' })] },
  },
  {
    reason: 'DiskFull',
    message: /volume of shop-kafka-2 is full \(3 MiB of 1Gi are free\).*spec\.kafka\.storage\.size/,
    seen: {
      pods: [0, 1, 2].map((id) => aPod(stack, id, id === 2 ? { isReady: false, lastWords: 'VolumeFull 3\n' } : {})),
    },
  },
  {
    reason: 'VolumePending',
    message: /data-shop-kafka-0 is Pending/,
    seen: { claims: [{ name: 'data-shop-kafka-0', uid: 'u', phase: 'Pending', requested: '1Gi', isDeleting: false }] },
  },
  {
    reason: 'VolumeGrowing',
    message: /0 of 1 volumes have .*; claim data-shop-kafka-0 is growing/,
    seen: {
      claims: [
        { name: 'data-shop-kafka-0', uid: 'u', phase: 'Bound', requested: '900Gi', capacity: '1Gi', isDeleting: false },
      ],
    },
  },
  { reason: 'PodsPending', message: /1 of 3 pods/, seen: { pods: [aPod(stack, 0)] } },
  {
    reason: 'AuthenticationFailed',
    message: /credential Secret/,
    seen: { answer: { state: 'refused', message: 'wrong password' } },
  },
  {
    reason: 'Updating',
    message: /newest template/,
    seen: { statefulSet: { uid: 'uid', replicas: 3, updateRevision: undefined } },
  },
  {
    reason: 'QuorumPending',
    message: /majority/,
    seen: {
      answer: { state: 'silent', message: 'nobody' },
      pods: [0, 1, 2].map((id) => aPod(stack, id, { isReady: false })),
    },
  },
  {
    reason: 'PodsNotReady',
    message: /2 of 3/,
    seen: { pods: [0, 1, 2].map((id) => aPod(stack, id, { isReady: id !== 1 })) },
  },
  { reason: 'BrokersPending', message: /2 of 3/, facts: { brokers: [0, 2] } },
  {
    reason: 'QuorumIncomplete',
    message: /2 of 3 controllers/,
    facts: { quorum: { ...facts.quorum, voters: facts.quorum.voters.slice(0, 2) } },
  },
  { reason: 'PartitionsOffline', message: /no leader/, facts: { topics: inSync() } },
  { reason: 'CopiesSyncing', message: /behind/, facts: { topics: inSync(0, 1) } },
  { reason: 'UsersPending', message: /9 users/, facts: { users: {} } },
  { reason: 'TopicsPending', message: /39 topics are missing/, facts: { topics: inSync(0, 1, 2) } },
  { reason: 'RightsPending', message: /rights/, facts: { rights: [] } },
  { reason: 'InvalidParameters', message: /spec.kafka.parameters/, facts: { settingsRefusal: 'refused' } },
];

for (const [index, one] of cases.entries()) {
  test(`${index}: ${one.reason}`, (t) => {
    const readiness = judgeKafka(healthy(stack, one.seen, one.facts), stack);
    t.like(readiness, { reason: one.reason });
    t.regex(readiness.message, one.message);
  });
}
