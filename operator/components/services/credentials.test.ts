import test from 'ava';
import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { Engine } from '../../engine/engine.ts';
import { labels } from '../../objects/names.ts';
import { aCluster, key, signal } from '../../testing/engine-under-test.ts';
import type { FakeCluster } from '../../testing/fake-cluster.ts';
import { aToy } from '../../testing/toy-component.ts';
import { services } from './index.ts';

/** A component that asks for the first so many Secrets of a service. */
const asking = (secrets: number) =>
  aToy('user', {
    credentials: (stack: CompleteStack) => services[0]?.credentials(stack).slice(0, secrets) ?? [],
    report: () => ({}),
  });

const secretOf = (cluster: FakeCluster, name: string) => cluster.objects.get(`v1/Secret shop/${name}`);

test('an installation of before gets keys of personal data, keeps what it has, and they stay with the data', async (t) => {
  const { cluster, engine } = aCluster(asking(1));
  await engine.reconcile(key, signal);
  const identity = secretOf(cluster, 'shop-identity-credentials');
  t.truthy(identity);
  t.is(secretOf(cluster, 'shop-personal-data-credentials'), undefined);

  const updated = new Engine(cluster.ports({ components: [asking(2)] }));
  await updated.reconcile(key, signal);
  const made = secretOf(cluster, 'shop-personal-data-credentials');
  const { keys = '' } = (made?.['data'] ?? {}) as Readonly<Record<string, string>>; // as the engine wrote it
  t.regex(Buffer.from(keys, 'base64').toString(), /^[A-Za-z0-9]{43}$/, 'what the service takes for a key');
  t.deepEqual(secretOf(cluster, 'shop-identity-credentials'), identity);
  t.is(made?.metadata.labels?.[labels.retention], 'data');
  t.is(made?.metadata.ownerReferences, undefined, 'no deletion of the stack takes it along');
  await new Engine(cluster.ports({ components: [asking(2)] })).reconcile(key, signal);
  t.deepEqual(secretOf(cluster, 'shop-personal-data-credentials'), made, 'a restarted operator leaves it as it is');
});

test('the key of the operator is one that the service takes, and only one service asks for it', (t) => {
  const stack = { name: 'shop' } as CompleteStack; // only the name is read
  const [first, ...others] = services.map((service) => service.credentials(stack));
  for (const requests of others) t.deepEqual(requests, first?.slice(0, 1));
  t.deepEqual(first?.[1], {
    name: 'shop-personal-data-credentials',
    keys: { keys: { kind: 'password', length: 43 } },
  });
});
