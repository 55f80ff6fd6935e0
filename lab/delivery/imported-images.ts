import type { BuiltImage } from '../images/build.ts';
import type { Cluster } from '../provider.ts';
import { operatorNamespace } from './names.ts';

const configMap = 'imported-images';
const field = 'images.json';

/**
 * Puts images into the cluster's nodes and resolves with the names of those that the cluster did not have in this
 * content. What was imported is noted in the cluster itself, so the note is gone when the cluster is.
 */
export async function importChanged(cluster: Cluster, images: readonly BuiltImage[]): Promise<readonly string[]> {
  const known = await readImported(cluster);
  const changed = images.filter(({ name, key }) => known[name] !== key);
  if (changed.length > 0) {
    await cluster.importImages([...new Set(changed.map(({ archivePath }) => archivePath))]);
    const keys = Object.fromEntries(images.map(({ name, key }) => [name, key]));
    await writeImported(cluster, { ...known, ...keys });
  }
  return changed.map(({ name }) => name);
}

async function readImported(cluster: Cluster): Promise<Readonly<Record<string, string>>> {
  const path = `jsonpath={.data.${field.replaceAll('.', '\\.')}}`;
  const args = ['get', 'configmap', configMap, '-n', operatorNamespace, '--ignore-not-found', '-o', path];
  const text = await cluster.kubectl(args);
  // `as`: written by writeImported().
  return text.trim() === '' ? {} : (JSON.parse(text) as Record<string, string>);
}

async function writeImported(cluster: Cluster, keys: Readonly<Record<string, string>>): Promise<void> {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: configMap, namespace: operatorNamespace },
    data: { [field]: JSON.stringify(keys) },
  };
  await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], { input: JSON.stringify(object) });
}
