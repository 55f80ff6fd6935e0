import test from 'ava';
import { addOnObjects, neededDeployments } from './add-ons.ts';
import { systemImageNames } from './system-images.ts';

interface AddOn {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template?: { readonly spec: { readonly containers: readonly Container[] } } };
}

interface Container {
  readonly image: string;
  readonly securityContext: { readonly allowPrivilegeEscalation: boolean };
}

// `as`: every object of a manifest has a kind and a name.
const objects = addOnObjects('/volumes') as readonly AddOn[];

test('no two add-on objects are the same one', (t) => {
  const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''} ${metadata.name}`);
  t.is(new Set(names).size, names.length);
});

test('add-ons run from images of the lab, without rights over the node', (t) => {
  const known: readonly string[] = Object.values(systemImageNames);
  const containers = objects.flatMap(({ spec }) => spec?.template?.spec.containers ?? []);
  t.true(containers.length > 0);
  for (const { image, securityContext } of containers) {
    t.true(known.includes(image), image);
    t.false(securityContext.allowPrivilegeEscalation);
  }
});

test('DNS forwards nothing and knows no name outside the cluster', (t) => {
  const corefile = objects.find(({ data }) => data?.['Corefile'] !== undefined)?.data?.['Corefile'] ?? '';
  t.notRegex(corefile, /forward/);
  t.regex(corefile, /\.:53 \{\s+template ANY ANY \. \{\s+rcode NXDOMAIN/);
});

test('volumes lie in the directory of the lab', (t) => {
  const config = objects.find(({ data }) => data?.['config.json'] !== undefined)?.data?.['config.json'];
  t.deepEqual(JSON.parse(config ?? ''), {
    nodePathMap: [{ node: 'DEFAULT_PATH_FOR_NON_LISTED_NODES', paths: ['/volumes'] }],
  });
});

test('every Deployment that up waits for exists', (t) => {
  for (const { namespace, name } of neededDeployments) {
    t.true(
      objects.some(
        ({ kind, metadata }) => kind === 'Deployment' && metadata.namespace === namespace && metadata.name === name,
      ),
    );
  }
});
