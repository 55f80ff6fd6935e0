import test from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import { judgeRedis, type RedisReason } from './readiness.ts';
import { aShape, type Deviations, emptyModel, emptyNode, formedModel, type Model, observe } from './testing/model.ts';

const stack = aCompleteStack({ redis: { shards: 3, replicasPerShard: 1 } });
const shape = aShape(3, 1);

function judge(model: Model, deviations: Omit<Deviations, 'shape'> = {}) {
  return judgeRedis(observe(model, { shape, ...deviations }), stack);
}

test('a healthy cluster is ready and says its shape', (t) => {
  t.deepEqual(judge(formedModel(shape)), {
    state: 'ready',
    retryAfterMs: 20_000,
    message: 'All 16384 slots are covered by 3 shards with 1 replicas each.',
  });
});

interface Case {
  readonly reason: RedisReason;
  readonly message: RegExp;
  readonly model?: () => Model;
  readonly deviations?: Omit<Deviations, 'shape'>;
  readonly state?: 'progressing' | 'failed';
}

/** A formed cluster, changed. */
function changed(change: (model: Model) => void): () => Model {
  return () => {
    const model = formedModel(shape);
    change(model);
    return model;
  };
}

const isPrimary = { isStreaming: true, offset: 100, source: undefined };
const isReplica = { isStreaming: false, offset: 0, source: 'address-of-id-0', followers: new Map() };

const cases: readonly Case[] = [
  { reason: 'CredentialsPending', message: /generated/, deviations: { rest: { passwordHashes: undefined } } },
  {
    reason: 'ImagePullFailed',
    state: 'failed',
    message: /cannot be pulled/,
    deviations: { rest: { podProblem: { reason: 'ImagePullFailed', message: 'Image x cannot be pulled' } } },
  },
  {
    reason: 'VolumePending',
    message: /data-shop-redis-1 is Pending/,
    deviations: {
      rest: {
        claims: [{ name: 'data-shop-redis-1', uid: 'u', phase: 'Pending', requested: '1Gi', isDeleting: false }],
      },
    },
  },
  {
    reason: 'VolumeGrowing',
    message: /0 of 1 volumes have .*; claim data-shop-redis-1 is growing/,
    deviations: {
      rest: {
        claims: [
          {
            name: 'data-shop-redis-1',
            uid: 'u',
            phase: 'Bound',
            requested: '900Gi',
            capacity: '1Gi',
            isDeleting: false,
          },
        ],
      },
    },
  },
  {
    reason: 'Updating',
    message: /not taken the newest template/,
    deviations: { rest: { statefulSet: { uid: 'uid', replicas: 6, updateRevision: undefined } } },
  },
  { reason: 'PodsPending', message: /5 of 6 pods/, model: changed((model) => void model.nodes.pop()) },
  {
    reason: 'AuthenticationFailed',
    state: 'failed',
    message: /WRONGPASS\. Put the operator's password back/,
    deviations: { answers: { 2: { state: 'refused', message: 'WRONGPASS' } } },
  },
  { reason: 'NodeLoading', message: /shop-redis-2 reads/, deviations: { answers: { 2: { state: 'loading' } } } },
  {
    reason: 'NodeUnreachable',
    message: /5 of 6 nodes answer\. no answer in 2000 ms/,
    deviations: { answers: { 2: { state: 'silent', message: 'no answer in 2000 ms' } } },
  },
  {
    reason: 'PersistenceFailing',
    state: 'failed',
    message: /shop-redis-1 refuses writes.*spec\.redis\.storage\.size/,
    deviations: { facts: { 1: { persistenceProblem: 'it cannot write' } } },
  },
  { reason: 'Forming', message: /16384 of 16384 slots/, model: () => emptyModel(6) },
  {
    reason: 'Forming',
    message: /1 nodes are not in the cluster/,
    model: changed((model) => {
      model.nodes[5] = emptyNode(5, 'fresh');
    }),
  },
  {
    reason: 'ClusterNotOk',
    message: /shop-redis-4 says that the cluster state is fail/,
    deviations: { facts: { 4: { isStateOk: false } } },
  },
  {
    reason: 'ReplicasSyncing',
    message: /shop-redis-0 has 0 of 1/,
    deviations: { facts: { 3: { replication: isReplica } } },
  },
  {
    reason: 'ReplicasSyncing',
    message: /shop-redis-0 has 0 of 1 replicas in sync/,
    deviations: { facts: { 0: { replication: { ...isPrimary, followers: new Map() } } } },
  },
  {
    reason: 'ReplicasSyncing',
    message: /^Primary shop-redis-0 has 0 of 1/,
    deviations: { facts: { 0: { replication: { ...isPrimary, followers: new Map([['address-of-id-3', 0]]) } } } },
  },
  {
    reason: 'Scaling',
    message: /2 pods are to go/,
    model: changed((model) => {
      model.replicas = 8;
    }),
  },
];

for (const { reason, message, model = () => formedModel(shape), deviations = {}, state = 'progressing' } of cases) {
  test(`${reason} (${message.source})`, (t) => {
    const verdict = judge(model(), deviations);
    t.like(verdict, { state, reason });
    t.regex(verdict.message, message);
  });
}

test('a lost shard is terminal and tells how to accept the loss', (t) => {
  const model = formedModel(aShape(3, 0));
  model.nodes[1] = emptyNode(1, 'fresh');
  const views = [0, 2].map((ordinal) => [ordinal, { view: withOwner(model, ordinal) }] as const);
  const bare = aCompleteStack({ redis: { shards: 3, replicasPerShard: 0 } });
  const verdict = judgeRedis(observe(model, { shape: aShape(3, 0), facts: Object.fromEntries(views) }), bare);
  t.like(verdict, { state: 'failed', reason: 'ShardLost', terminal: true });
  t.regex(verdict.message, /cluster forget id-1/);
});

/** The view of a node in which the vanished primary still owns its slots. */
function withOwner(model: Model, ordinal: number) {
  const before = observe(formedModel(aShape(3, 0)), { shape: aShape(3, 0) });
  const member = before.topology.members[ordinal];
  return (member?.view ?? []).filter(({ id }) => id !== model.nodes[ordinal]?.id);
}

test('slots of a node that is away are not covered', (t) => {
  const model = formedModel(aShape(3, 0));
  const bare = aCompleteStack({ redis: { shards: 3, replicasPerShard: 0 } });
  const away = observe(model, { shape: aShape(3, 0), answers: { 1: { state: 'silent', message: 'away' } } });
  t.like(judgeRedis(away, bare), { state: 'progressing', reason: 'NodeUnreachable' });
});
