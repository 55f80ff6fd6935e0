import test from 'ava';
import type { KubernetesObject } from '../../operator/api/kubernetes.ts';
import type { Applied } from '../rig/recording-client.ts';
import { inNamespace, toManifests } from './bodies.ts';

const anObject = (kind: string, name: string, rest: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'a' },
  ...rest,
});
const anApply = (object: KubernetesObject): Applied => ({ object, options: { manager: 'm' }, answeredAt: 0 });

test('manifests have each child once, with its replica count, and no status of the stack', (t) => {
  const applied = [
    anObject('EcommerceStack', 's', { status: {} }),
    anObject('StatefulSet', 'one', { spec: { serviceName: 'x' } }),
    anObject('StatefulSet', 'one', { spec: { replicas: 3 } }),
  ];
  t.deepEqual(toManifests(applied.map(anApply)), [
    anObject('StatefulSet', 'one', { spec: { serviceName: 'x', replicas: 3 } }),
  ]);
});

test('objects move to another namespace with all that names it', (t) => {
  const binding = anObject('RoleBinding', 'b', { subjects: [{ kind: 'ServiceAccount', name: 's', namespace: 'a' }] });
  const [moved] = inNamespace([binding], 'z');
  t.is(moved?.metadata.namespace, 'z');
  t.deepEqual(moved?.['subjects'], [{ kind: 'ServiceAccount', name: 's', namespace: 'z' }]);
});
