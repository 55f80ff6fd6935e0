import test from 'ava';
import { startApiServer } from '../../lab/api.ts';
import type { LocalControlPlane } from '../../lab/control-plane/local-control-plane.ts';
import { completeStack, effectiveOf } from '../../operator/api/v1beta1/complete.ts';
import type { EcommerceStack } from '../../operator/api/v1beta1/ecommerce-stack.ts';
import { validateStack } from '../../operator/api/v1beta1/validate.ts';
import { installStackCrd } from '../support/crd.ts';
import { readExamples } from '../support/examples.ts';
import { createNamespace } from '../support/stacks.ts';

let server: LocalControlPlane;

test.before(async () => {
  server = await startApiServer();
  await installStackCrd(server);
});

test.after.always(() => server?.stop());

const installation = { registry: 'registry.example.com/shop', images: {}, versions: {} };

async function stored(namespace: string): Promise<EcommerceStack> {
  return JSON.parse(await server.kubectl(['get', 'eshop', 'shop', '-n', namespace, '-o', 'json']));
}

for (const [name, documents] of readExamples()) {
  const [object] = documents;
  const namespace = object?.metadata.namespace ?? name.replace('.yaml', '');
  const file = `examples/${name}`;

  test(`${file} holds one stack that breaks no rule`, (t) => {
    t.is(documents.length, 1);
    t.deepEqual(validateStack(object), []);
  });

  test(`${file} is accepted, and applying it again on the server's side changes nothing`, async (t) => {
    await createNamespace(server, namespace);
    const applyIt = () => server.kubectl(['apply', '--server-side', '-n', namespace, '-f', file]);
    await applyIt();
    const created = await stored(namespace);
    await applyIt();
    // With the first update the server keeps the schema's own status; nothing else is new, and then nothing at all.
    const first = await stored(namespace);
    const { resourceVersion: _version, ...metadata } = created.metadata;
    t.like(first, { ...created, metadata });
    await applyIt();
    t.deepEqual(await stored(namespace), first);
    t.deepEqual(validateStack(first), []);
    t.notThrows(() => effectiveOf(completeStack(first, installation)));
  });

  test(`${file} is accepted by an ordinary kubectl apply, which finds it unchanged the second time`, async (t) => {
    const other = `${namespace}-client`;
    await createNamespace(server, other);
    const input = JSON.stringify({ ...object, metadata: { name: object?.metadata.name, namespace: other } });
    await server.kubectl(['apply', '-f', '-'], { input });
    t.regex(await server.kubectl(['apply', '-f', '-'], { input }), /unchanged/);
  });
}

test('examples/minimal.yaml is short', (t) => {
  const [object] = readExamples().get('minimal.yaml') ?? [];
  t.deepEqual(Object.keys(Object(object?.['spec'])), ['version', 'profile', 'host']);
});
