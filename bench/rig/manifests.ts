import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { JsonObject, KubernetesObject } from '../../operator/api/kubernetes.ts';

/** A manifest of `examples/`, without what no API server alone can give it. */
export async function readExample(name: 'minimal' | 'production' | 'external-stores'): Promise<KubernetesObject> {
  // `as`: the examples are validated by the real API server in test/apiserver.
  const stack = parse(await readFile(`examples/${name}.yaml`, 'utf8')) as KubernetesObject & { spec: JsonObject };
  // A finalizer would be one more write that has nothing to do with children.
  const { deletionPolicy: _deletionPolicy, ...spec } = stack.spec;
  return { ...stack, spec };
}

/** The same stack in a namespace, under a name. */
export function stackIn(stack: KubernetesObject, namespace: string, name = 'shop'): KubernetesObject {
  return { ...stack, metadata: { name, namespace } };
}
