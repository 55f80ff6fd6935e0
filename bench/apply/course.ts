import type { KubernetesObject } from '../../operator/api/kubernetes.ts';
import type { AnyComponent } from '../../operator/components/contract.ts';
import { components } from '../../operator/components/index.ts';
import { annotations, labels } from '../../operator/objects/names.ts';
import { type Admin, openAdmin } from '../rig/admin.ts';
import { startEngine } from '../rig/engine-rig.ts';
import { readExample, stackIn } from '../rig/manifests.ts';
import type { BenchServer } from '../rig/server.ts';
import { inNamespace, toManifests } from './bodies.ts';
import { objectSet } from './object-set.ts';

/** What is raced: a stack, and what the engine makes of it. */
export interface Course {
  readonly name: string;
  readonly stack: KubernetesObject;
  readonly components: readonly AnyComponent[];
  /** The children exactly as the engine rendered and applied them. */
  readonly children: readonly KubernetesObject[];
  /** Secrets with generated values that the engine adopts: making an RSA key takes longer than all the rest. */
  readonly credentials: readonly KubernetesObject[];
  /** How long it took when they had to be generated, from the accepted stack to the last child, milliseconds. */
  readonly firstEverMs: number;
  /** What failed on the way and went well when repeated. */
  readonly failures: readonly string[];
}

/** The children of `examples/production.yaml`, all components. */
export async function productionCourse(server: BenchServer): Promise<Course> {
  return capture(server, { name: 'production stack', stack: await readExample('production'), components });
}

/** 120 objects, as many as a stack of all nine services will have. */
export async function objectSetCourse(server: BenchServer): Promise<Course> {
  return capture(server, { name: '120 objects', stack: await readExample('minimal'), components: [objectSet] });
}

/** Lets the engine make the stack once, and keeps what it applied. */
async function capture(server: BenchServer, plan: Pick<Course, 'name' | 'stack' | 'components'>): Promise<Course> {
  const namespace = `capture-${plan.name.replaceAll(/[^a-z0-9]+/g, '-')}`;
  await using admin = await openAdmin(server.kubeconfigPath);
  await admin.createNamespace(namespace);
  await using rig = await startEngine({ kubeconfig: server.kubeconfigPath, namespace, components: plan.components });
  const { key, acceptedAt } = await rig.post(stackIn(plan.stack, namespace));
  const failures = await rig.settle(key);
  return {
    ...plan,
    children: toManifests(rig.applied),
    credentials: await readCredentials(admin, namespace),
    failures,
    firstEverMs: rig.lastChildAt() - acceptedAt,
  };
}

/** The Secrets with generated values that the engine made in a namespace. */
export async function readCredentials(admin: Admin, namespace: string): Promise<readonly KubernetesObject[]> {
  const secrets = await admin.client.list(
    { apiVersion: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
    { namespace },
  );
  return secrets
    .filter(({ metadata }) => metadata.annotations?.[annotations.appliedHash] === undefined)
    .map(({ metadata: { name, labels: own = {} }, data, type }) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace, labels: own },
      data,
      type,
    }))
    .filter(({ metadata }) => metadata.labels[labels.stack] !== undefined);
}

/** Puts credentials into a namespace, as a stack of the same name would have left them there. */
export async function leaveCredentials(
  admin: Admin,
  credentials: readonly KubernetesObject[],
  namespace: string,
): Promise<void> {
  await Promise.all(inNamespace(credentials, namespace).map((secret) => admin.client.create(secret)));
}
