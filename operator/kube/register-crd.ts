import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { kinds } from '../api/kinds.ts';
import type { KubernetesObject } from '../api/kubernetes.ts';
import { delay } from './delay.ts';
import { listOf, recordOf, textOf } from './json.ts';
import type { KubeClient } from './kube-client.ts';

/** The API server takes well below a second; a busy one some more. */
const establishTimeoutMs = 30_000;
const pollMs = 100;

/**
 * Applies a CustomResourceDefinition and resolves when the API server serves it. Rejects when the file is no CRD, when
 * its names are taken, or after 30 s with what the server says about it.
 */
export async function registerCrd(client: KubeClient, file: string, manager: string): Promise<KubernetesObject> {
  const object: unknown = parse(await readFile(file, 'utf8'));
  const { apiVersion, kind } = recordOf(object);
  if (apiVersion !== kinds.CustomResourceDefinition.apiVersion || kind !== kinds.CustomResourceDefinition.kind) {
    throw new Error(
      `${file}: expected one CustomResourceDefinition of apiextensions.k8s.io/v1, got ${String(apiVersion)} ${String(kind)}`,
    );
  }
  // Identity is checked above; the server checks the rest.
  const crd = object as KubernetesObject;
  let live = await client.apply(crd, { manager });
  const deadline = performance.now() + establishTimeoutMs;
  while (!isEstablished(live)) {
    if (performance.now() > deadline) {
      throw new Error(`CustomResourceDefinition ${crd.metadata.name} is not served after 30 s: ${explain(live)}`);
    }
    await delay(pollMs);
    live = (await client.get({ ...kinds.CustomResourceDefinition, name: crd.metadata.name })) ?? live;
  }
  return live;
}

function conditionsOf(crd: KubernetesObject) {
  return listOf(recordOf(crd['status'])['conditions']).map(recordOf);
}

function isEstablished(crd: KubernetesObject): boolean {
  return conditionsOf(crd).some(({ type, status }) => type === 'Established' && status === 'True');
}

function explain(crd: KubernetesObject): string {
  const unmet = conditionsOf(crd).filter(({ status }) => status !== 'True');
  return unmet.map(({ type, message }) => `${textOf(type)}: ${textOf(message)}`).join('; ') || 'it has no conditions';
}
