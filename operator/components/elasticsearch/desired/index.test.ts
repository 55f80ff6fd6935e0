import { generateKeyPairSync } from 'node:crypto';
import test from 'ava';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { LiveObject } from '../../../kube/live-object.ts';
import { aCompleteStack } from '../../../testing/complete.ts';
import { aLive } from '../../../testing/live.ts';
import { claimSizeLabel, versionLabel } from '../names.ts';
import { buildDesired } from './index.ts';

const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
const secrets = { 'stack-id': 'the-stack', 'elastic-password': 'elastic-secret', 'transport-key': String(key) };

function desired(stack: CompleteStack, live: Readonly<Record<string, LiveObject>> = {}) {
  return buildDesired(stack, { live: (ref) => live[ref.kind], secret: () => secrets });
}

function find(stack: CompleteStack, kind: string, live: Readonly<Record<string, LiveObject>> = {}) {
  return desired(stack, live).objects.find((object) => object.kind === kind);
}

test('the objects of three nodes', (t) => {
  const s3 = { bucket: 'backups', credentialsSecretRef: { name: 's3-login' } };
  const stack = aCompleteStack(
    { profile: 'Production', backup: { destination: { s3 } } },
    { 'ecommerce.stack/restart': 'now' },
  );
  const result = desired(stack);
  // Keys are different in every run.
  const plain = { ...result, objects: result.objects.filter(({ kind }) => kind !== 'Secret') };
  t.snapshot(plain);
});

test('nothing is made before the credentials are there', (t) => {
  const result = buildDesired(aCompleteStack(), { live: () => undefined, secret: () => undefined });
  t.deepEqual(result, { objects: [], held: [] });
});

test('an external server gets a connection Secret and nothing else', (t) => {
  const stack = aCompleteStack({ elasticsearch: { mode: 'External', connectionSecretRef: { name: 'theirs' } } });
  const result = buildDesired(stack, { live: () => undefined, secret: () => ({ url: 'https://search.example' }) });
  t.deepEqual(
    result.objects.map(({ kind, metadata }) => [kind, metadata.name]),
    [['Secret', 'shop-elasticsearch-connection']],
  );
});

test('the first masters are named until the cluster is recorded, which restarts nothing', (t) => {
  const recorded = { Secret: aLive('Secret', 'shop-elasticsearch-credentials', { identity: 'uuid' }) };
  const stack = aCompleteStack({ elasticsearch: { nodes: 3 } });
  t.regex(JSON.stringify(find(stack, 'ConfigMap')), /initial_master_nodes: \[.{2}shop-es-0/);
  t.notRegex(JSON.stringify(find(stack, 'ConfigMap', recorded)), /initial_master_nodes/);
  t.deepEqual(find(stack, 'StatefulSet', recorded), find(stack, 'StatefulSet'));
});

test('one node has no disruption budget, which would block every drain', (t) => {
  t.is(find(aCompleteStack({ elasticsearch: { nodes: 1 } }), 'PodDisruptionBudget'), undefined);
  t.truthy(find(aCompleteStack({ elasticsearch: { nodes: 3 } }), 'PodDisruptionBudget'));
});

test('pods never become fewer here: they leave after their shards did', (t) => {
  const stack = aCompleteStack({ elasticsearch: { nodes: 3 } });
  for (const [present, wanted] of [
    [1, 3],
    [3, 3],
    [5, 5],
  ] as const) {
    const live = { StatefulSet: aLive('StatefulSet', 'shop-es', { status: { specReplicas: present } }) };
    t.like(find(stack, 'StatefulSet', live)?.['spec'], { replicas: wanted });
  }
});

test('the claim template keeps the size that it has, for Kubernetes never changes it', (t) => {
  const stack = aCompleteStack({ elasticsearch: { storage: { size: '20Gi' } } });
  const live = { StatefulSet: aLive('StatefulSet', 'shop-es', { labels: { [claimSizeLabel]: '1Gi' } }) };
  t.regex(JSON.stringify(find(stack, 'StatefulSet', live)), /"storage":"1Gi"/);
  t.regex(JSON.stringify(find(stack, 'StatefulSet')), /"storage":"20Gi"/);
});

test('a version that cannot follow leaves the template as it is', (t) => {
  const stack = aCompleteStack({ elasticsearch: { version: '8.19.0' } });
  const live = (version: string) => ({
    StatefulSet: aLive('StatefulSet', 'shop-es', { labels: { [versionLabel]: version } }),
  });
  t.is(find(stack, 'StatefulSet', live('9.2.0')), undefined);
  t.like(desired(stack, live('9.2.0')).held[0], { reason: 'VersionRefused', ref: { name: 'shop-es' } });
  t.truthy(find(stack, 'StatefulSet', live('8.19.0')));
});

test('no password is written outside Secrets, and names fit the longest stack name', (t) => {
  const stack = { ...aCompleteStack(), name: 'a'.repeat(40) };
  for (const object of desired(stack).objects.filter(({ kind }) => kind !== 'Secret')) {
    t.notRegex(JSON.stringify(object), /elastic-secret|PRIVATE KEY/, object.kind);
  }
  // A pod's label has the StatefulSet's name, a hyphen and ten characters.
  t.true((find(stack, 'StatefulSet')?.metadata.name.length ?? 99) + 11 <= 63);
});

test('the heap is half of the memory and never above 31 GiB, unless the manifest says it', (t) => {
  const heap = (memory: string) =>
    aCompleteStack({ elasticsearch: { resources: { limits: { memory } } } }).elasticsearch.heapSize;
  t.deepEqual(['2Gi', '128Gi'].map(heap), ['1024m', '31744m']);
  t.regex(JSON.stringify(find(aCompleteStack({ elasticsearch: { heapSize: '2g' } }), 'StatefulSet')), /-Xmx2048m/);
});
