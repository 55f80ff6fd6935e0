import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { startApiServer } from '../../lab/api.ts';
import type { LocalControlPlane } from '../../lab/control-plane/local-control-plane.ts';
import type { KubernetesObject } from '../../operator/api/kubernetes.ts';
import { completeStack } from '../../operator/api/v1beta1/complete.ts';
import { ownedParameters } from '../../operator/api/v1beta1/postgres-parameters.ts';
import { canonicalQuantity } from '../../operator/api/v1beta1/quantity.ts';
import { anInstallation, aStack } from '../../operator/api/v1beta1/testing.ts';
import { validateStack } from '../../operator/api/v1beta1/validate.ts';
import { refusedParameters } from '../../operator/components/postgres/parameters.ts';
import type { RootKubeClient } from '../../operator/kube/client.ts';
import { createTestClient } from '../support/api-client.ts';
import { installStackCrd } from '../support/crd.ts';
import { readInvalidExamples } from '../support/examples.ts';
import { refusalsOf, sentencesOf } from '../support/refusals.ts';
import { arbitrarySpec, arbitrarySteadySpec } from '../support/specs.ts';
import { createNamespace } from '../support/stacks.ts';

let server: LocalControlPlane;
let client: RootKubeClient;
let close: () => Promise<void>;

test.before(async () => {
  server = await startApiServer();
  await installStackCrd(server);
  ({ client, close } = await createTestClient(server.kubeconfigPath));
});

test.after.always(async () => {
  await close?.();
  await server?.stop();
});

const apply = (object: KubernetesObject, namespace: string) =>
  client.apply({ ...object, metadata: { ...object.metadata, namespace } }, { manager: 'test' });

for (const { name, documents, refused } of readInvalidExamples()) {
  test(`the API server and the operator refuse ${name} with the sentence in its first line`, async (t) => {
    const [first, second] = documents;
    if (first === undefined) {
      t.fail('the file holds no manifest');
      return;
    }
    const namespace = 'default';
    if (second === undefined) {
      const object = { ...first, metadata: { ...first.metadata, namespace } };
      t.deepEqual(sentencesOf(await refusalsOf(client.create(object)), refused), refused);
      t.deepEqual(sorted(validateStack(object)), refused);
      return;
    }
    await createNamespace(server, name.replace('.yaml', ''));
    const stored = await apply(first, name.replace('.yaml', ''));
    t.deepEqual(sentencesOf(await refusalsOf(apply(second, name.replace('.yaml', ''))), refused), refused);
    t.deepEqual(sorted(validateStack(second, stored)), refused);
  });
}

test('the API server and the operator agree on every manifest, with the same words', async (t) => {
  const agree = fc.asyncProperty(arbitrarySpec, async (spec) => {
    const object = {
      apiVersion: 'ecommerce.stack/v1beta1',
      kind: 'EcommerceStack',
      metadata: { name: 'agreement', namespace: 'default' },
      spec,
    };
    const ours = sorted(validateStack(object));
    const refusals = await refusalsOf(client.create(object));
    if (refusals.length === 0) {
      await client.remove({ ...object, ...object.metadata }, {});
    }
    assert.deepEqual(sentencesOf(refusals, ours), ours);
  });
  await t.notThrowsAsync(fc.assert(agree, { numRuns: 300 }));
});

test('the API server and the operator agree on every change, with the same words', async (t) => {
  await createNamespace(server, 'changes');
  const agree = fc.asyncProperty(arbitrarySteadySpec, arbitrarySteadySpec, async (before, after) => {
    const object = (spec: object) => ({
      apiVersion: 'ecommerce.stack/v1beta1',
      kind: 'EcommerceStack',
      metadata: { name: 'agreement', namespace: 'changes' },
      spec,
    });
    const stored = await apply(object(before), 'changes');
    const ours = sorted(validateStack(object(after), stored));
    const refusals = await refusalsOf(apply(object(after), 'changes'));
    await client.remove({ ...stored, ...stored.metadata }, {});
    assert.deepEqual(sentencesOf(refusals, ours), ours);
  });
  await t.notThrowsAsync(fc.assert(agree, { numRuns: 100 }));
});

test('parameters that the API server refuses are those that PostgreSQL leaves out', (t) => {
  const names = [...ownedParameters, 'ssl_cert_file', 'recovery_target_time'];
  const parameters = Object.fromEntries(names.map((name) => [name, 'x']));
  const { postgres } = completeStack(aStack({ postgres: { parameters } }), anInstallation);
  t.deepEqual(
    refusedParameters(postgres).map(({ name }) => name),
    names.toSorted(),
  );
});

test('quantities are spelled as the API server spells them', async (t) => {
  const suffixes = ['', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'e-3'];
  const number = fc.oneof(
    fc.integer({ min: 0, max: 5000 }).map(String),
    fc.constantFrom('0.5', '1.25', '.1', '0.0001', '2048', '1048576'),
  );
  const quantity = fc.tuple(number, fc.constantFrom(...suffixes)).map(([digits, suffix]) => `${digits}${suffix}`);
  const spell = fc.asyncProperty(fc.array(quantity, { minLength: 20, maxLength: 20 }), async (amounts) => {
    assert.deepEqual(amounts.map(canonicalQuantity), await spelledByServer(amounts));
  });
  await t.notThrowsAsync(fc.assert(spell, { numRuns: 20 }));
});

/** A pod's volumes keep their limits as they are; other lists of quantities are rounded. */
async function spelledByServer(amounts: readonly string[]): Promise<readonly string[]> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'quantities', namespace: 'default' },
    spec: {
      containers: [{ name: 'main', image: 'none' }],
      volumes: amounts.map((sizeLimit, index) => ({ name: `v${index}`, emptyDir: { sizeLimit } })),
    },
  };
  const input = JSON.stringify(pod);
  const stored: {
    readonly spec: { readonly volumes: readonly { readonly emptyDir: { readonly sizeLimit: string } }[] };
  } = JSON.parse(await server.kubectl(['create', '--dry-run=server', '-o', 'json', '-f', '-'], { input }));
  return stored.spec.volumes.map(({ emptyDir }) => emptyDir.sizeLimit);
}

function sorted(violations: ReturnType<typeof validateStack>): readonly string[] {
  return violations.map(({ message }) => message).toSorted((one, other) => (one < other ? -1 : Number(one > other)));
}
