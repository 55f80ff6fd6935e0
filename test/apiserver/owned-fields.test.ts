import test from 'ava';
import fc from 'fast-check';
import { startApiServer } from '../../lab/api.ts';
import type { LocalControlPlane } from '../../lab/control-plane/local-control-plane.ts';
import type { KubernetesObject } from '../../operator/api/kubernetes.ts';
import { isAsRendered } from '../../operator/kube/as-rendered.ts';
import { extractOwned, fingerprint } from '../../operator/kube/owned-fields.ts';
import { fieldManager } from '../../operator/objects/names.ts';
import { arbitraryObject, objectKinds } from '../support/arbitrary-objects.ts';
import { connect, type KubeSetup } from '../support/kube.ts';

let server: LocalControlPlane;
let setup: KubeSetup;

test.before(async () => {
  server = await startApiServer();
  setup = await connect(server);
});

test.after.always(async () => {
  await setup?.transport.close();
  await server?.stop();
});

/** The object with one leaf changed, for each of its leaves below `spec`, `data` and the labels. */
function* alterations(object: KubernetesObject): Generator<KubernetesObject> {
  const text = JSON.stringify(object);
  for (const path of leafPaths(object)) {
    if (['spec', 'data', 'rules', 'metadata.labels'].some((prefix) => path.join('.').startsWith(prefix))) {
      // A copy of an object is such an object.
      const copy = JSON.parse(text) as KubernetesObject;
      alterAt(copy, path);
      yield copy;
    }
  }
}

function leafPaths(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) {
    return [path];
  }
  return Object.entries(value).flatMap(([name, inner]) => leafPaths(inner, [...path, name]));
}

function alterAt(root: object, path: readonly string[]): void {
  const last = path.at(-1) ?? '';
  const parent = path.slice(0, -1).reduce<Record<string, unknown>>(
    // Every step but the last leads to an object or array.
    (node, name) => node[name] as Record<string, unknown>,
    root as Record<string, unknown>,
  );
  parent[last] = 'altered';
}

const atomicFields: ReadonlySet<string> = new Set(['fieldRef', 'volumeClaimTemplates']);

function withoutAtomics(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (name, inner: unknown) => (atomicFields.has(name) ? 'atomic' : inner)));
}

/** What we sent, without the parts that name the object: field ownership does not speak of them. */
function fieldsOf({ apiVersion: _apiVersion, kind: _kind, metadata, ...rest }: KubernetesObject): unknown {
  const { name: _name, namespace: _namespace, ...fields } = metadata;
  return { ...rest, metadata: fields };
}

for (const kind of objectKinds) {
  test(`what is extracted of an applied ${kind} is what was sent and nothing else`, async (t) => {
    let counter = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryObject(kind), async (build) => {
        counter += 1;
        const object = build(`property-${counter}`);
        const live = await setup.client.apply(object, { manager: fieldManager });
        const owned = extractOwned(live, fieldManager);
        t.true(isAsRendered(owned, object), JSON.stringify({ owned, object }));
        for (const altered of alterations(object)) {
          t.false(isAsRendered(owned, altered), JSON.stringify({ owned, altered }));
        }
        // Atomic values come with the server's defaults inside: there, only what was sent is compared.
        t.deepEqual(withoutAtomics(owned), withoutAtomics(fieldsOf(object)));
      }),
      { numRuns: 15 },
    );
  });
}

test('an edit of an owned field by another manager changes the fingerprint, one of a foreign field does not', async (t) => {
  const object: KubernetesObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'edited', namespace: 'default', labels: { app: 'edited' } },
    spec: {
      selector: { matchLabels: { app: 'edited' } },
      template: {
        metadata: { labels: { app: 'edited' } },
        spec: { containers: [{ name: 'main', image: 'shop:1', env: [{ name: 'A', value: '1' }] }] },
      },
    },
  };
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'edited' };
  const print = (live: KubernetesObject) => fingerprint(extractOwned(live, fieldManager));
  const applied = print(await setup.client.apply(object, { manager: fieldManager }));

  const scaled = await setup.client.patch(ref, { spec: { replicas: 5 }, metadata: { annotations: { note: 'x' } } });
  t.is(print(scaled), applied);

  const env = [
    { name: 'A', value: '1' },
    { name: 'B', value: '2' },
  ];
  const sidecar = {
    containers: [
      { name: 'main', image: 'shop:1', env },
      { name: 'extra', image: 'x:1' },
    ],
  };
  const foreignItems = await setup.client.patch(ref, { spec: { template: { spec: sidecar } } });
  t.is(print(foreignItems), applied);

  const template = { spec: { containers: [{ name: 'main', image: 'evil:2', env }] } };
  const taken = await setup.client.patch(ref, { spec: { template } });
  t.not(print(taken), applied);

  const repaired = await setup.client.apply(object, { manager: fieldManager });
  t.is(print(repaired), applied);
});

test('values that the server does not store are no difference', async (t) => {
  const object: KubernetesObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'zeros', namespace: 'default', annotations: {} },
    spec: { selector: { app: 'x' }, ports: [{ port: 80 }], publishNotReadyAddresses: false },
  };
  const live = await setup.client.apply(object, { manager: fieldManager });
  t.true(isAsRendered(extractOwned(live, fieldManager), object));
});

test('a field given to a second manager leaves the set of the first', async (t) => {
  const body = (replicas?: number): KubernetesObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shared', namespace: 'default', labels: { app: 'shared' } },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: { app: 'shared' } },
      template: { metadata: { labels: { app: 'shared' } }, spec: { containers: [{ name: 'main', image: 'shop:1' }] } },
    },
  });
  await setup.client.apply(body(2), { manager: fieldManager });
  const scale = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shared', namespace: 'default' },
    spec: { replicas: 4 },
  };
  await setup.client.apply(scale, { manager: `${fieldManager}/rollout` });
  const live = await setup.client.apply(body(), { manager: fieldManager });
  t.deepEqual(extractOwned(live, fieldManager) as unknown, fieldsOf(body()));
  t.like(live, { spec: { replicas: 4 } });
  t.deepEqual(extractOwned(live, `${fieldManager}/rollout`), { spec: { replicas: 4 } });
});
