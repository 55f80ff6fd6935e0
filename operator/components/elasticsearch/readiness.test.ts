import test from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import type { ExternalObserved } from './observed.ts';
import { judgeElasticsearch } from './readiness.ts';
import { aSearchStack, aShard, type Deviations, nodeName, observeNodes } from './testing/model.ts';

const stack = aSearchStack(3);
const lonely = (empty: readonly number[]) =>
  [0, 1, 2].map((ordinal) => ({ name: nodeName(ordinal), isEmpty: empty.includes(ordinal) }));
const silent = (empty: readonly number[]): Deviations => ({
  rest: { answer: { state: 'silent', message: 'nobody', lonely: lonely(empty) } },
  pods: { 0: { isReady: false }, 1: { isReady: false }, 2: { isReady: false } },
});

test('a healthy cluster is ready; a single node is, yellow as it will stay', (t) => {
  t.is(judgeElasticsearch(observeNodes(3), stack).state, 'ready');
  t.is(judgeElasticsearch(observeNodes(1), aSearchStack(1)).state, 'ready');
});

const cases: readonly (readonly [string, boolean, Deviations, RegExp])[] = [
  ['CredentialsPending', false, { rest: { hasCredentials: false } }, /passwords/],
  ['IdentityMismatch', true, { facts: { clusterUuid: 'other' } }, /other.*uuid/],
  ['IdentityMismatch', true, { pods: { 1: { lastWords: 'IdentityMismatch abc' } } }, /shop-es-1.*abc/],
  ['VersionRefused', true, { pods: { 1: { lastWords: 'VersionRefused 9.2.0 8.19.0' } } }, /9\.2\.0/],
  ['VersionRefused', true, { rest: { templateVersion: '9.2.0' } }, /spec\.elasticsearch\.version 8\.19\.0.*Allowed/],
  ['DataMissing', true, silent([0, 1]), /shop-es-0, shop-es-1 are empty/],
  ['MasterPending', false, silent([0]), /majority/],
  [
    'VolumePending',
    false,
    { rest: { claims: [{ name: 'data-shop-es-0', uid: 'u', phase: 'Pending', requested: '1Gi', isDeleting: false }] } },
    /kubectl get storageclass/,
  ],
  [
    'VolumeGrowing',
    false,
    {
      rest: {
        claims: [
          { name: 'data-shop-es-0', uid: 'u', phase: 'Bound', requested: '900Gi', capacity: '1Gi', isDeleting: false },
        ],
      },
    },
    /0 of 1 volumes have .*; claim data-shop-es-0 is growing/,
  ],
  ['AuthenticationFailed', false, { rest: { answer: { state: 'refused', message: 'no' } } }, /credential Secret/],
  ['NodesPending', false, { pods: { 2: { isReady: false } } }, /2 of 3.*kubectl logs shop-es-2/],
  ['ShardsUnavailable', false, { facts: { shards: [aShard({ state: 'UNASSIGNED' })] } }, /products\[0\]/],
  ['DiskFull', false, { facts: { blockedIndices: ['products'] } }, /storage\.size/],
  ['Updating', false, { rest: { statefulSet: { uid: 'set', replicas: 3, updateRevision: undefined } } }, /not seen/],
  ['CopiesAllocating', false, { facts: { shards: [aShard({ state: 'RELOCATING' })] } }, /products\[0\]/],
];

for (const [index, [reason, isTerminal, deviations, message]] of cases.entries()) {
  test(`what is wrong is named with the next step: ${reason}, case ${index}`, (t) => {
    const verdict = judgeElasticsearch(observeNodes(3, deviations), stack);
    t.like(verdict, { reason });
    t.is(verdict.state === 'failed' && verdict.terminal, isTerminal);
    t.regex(verdict.message, message);
  });
}

const external = aCompleteStack({ elasticsearch: { mode: 'External', connectionSecretRef: { name: 'theirs' } } });
const theirs = (answer: ExternalObserved['answer'], secretProblem?: string): ExternalObserved => ({
  mode: 'External',
  secretProblem,
  address: 'http://a:9200',
  answer,
});
const up = { state: 'up', version: '8.19.0', health: 'yellow', nodes: 2 } as const;

test('an external server is judged by what it says', (t) => {
  t.is(judgeElasticsearch(theirs(up), external).state, 'ready');
  t.like(judgeElasticsearch(theirs({ ...up, version: '7.17.0' }), external), { reason: 'VersionRefused' });
  t.like(judgeElasticsearch(theirs({ ...up, health: 'red' }), external), { reason: 'ShardsUnavailable' });
  t.like(judgeElasticsearch(theirs({ state: 'refused', message: 'no' }), external), { reason: 'AuthenticationFailed' });
  t.like(judgeElasticsearch(theirs({ state: 'silent', message: 'no' }), external), { reason: 'NodeUnreachable' });
  t.like(judgeElasticsearch(theirs(up, 'its key url is odd'), external), { reason: 'InvalidConnectionSecret' });
});

test('a mode that cannot be built says so', (t) => {
  t.like(judgeElasticsearch({ mode: 'ECK' }, stack), { reason: 'NotImplemented', terminal: true });
});
