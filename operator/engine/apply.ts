import { type KubernetesObject, refKey, refOf } from '../api/kubernetes.ts';
import type { Scale } from '../components/contract.ts';
import { isAsRendered } from '../kube/as-rendered.ts';
import type { LiveObject } from '../kube/live-object.ts';
import { hashOf } from '../objects/hash.ts';
import { workloadStatus } from '../objects/live-status.ts';
import { annotations, fieldManager } from '../objects/names.ts';
import { refuseForeign } from './foreign.ts';
import type { StackMemory } from './memory.ts';
import type { EnginePorts } from './ports.ts';

/** Second field manager: replica counts and rollout weights, so that a template apply never resets them. */
export const rolloutManager = `${fieldManager}/rollout`;

/** What to do with one rendered object; `create`, `change` and `repair` are writes. */
export type ApplyDecision = 'skip' | 'wait' | 'create' | 'change' | 'repair';

/**
 * Applies what differs and tells what it did to each: all at once (the client has the lanes), but bindings after what
 * they bind, because the API server looks a role up before it lets anybody grant it.
 */
export async function applyObjects(
  ports: EnginePorts,
  memory: StackMemory,
  objects: readonly KubernetesObject[],
): Promise<readonly AppliedObject[]> {
  const isBinding = ({ kind }: KubernetesObject) => kind === 'RoleBinding';
  const first = await applyTogether(
    ports,
    memory,
    objects.filter((object) => !isBinding(object)),
  );
  return [...first, ...(await applyTogether(ports, memory, objects.filter(isBinding)))];
}

async function applyTogether(
  ports: EnginePorts,
  memory: StackMemory,
  objects: readonly KubernetesObject[],
): Promise<readonly AppliedObject[]> {
  const results = await Promise.allSettled(objects.map((object) => applyObject(ports, memory, object)));
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  if (errors.length > 0) {
    throw errors.length === 1 ? errors[0] : new AggregateError(errors, errors.map(messageOf).join('; '));
  }
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

/** How many of these objects are not as rendered: what a pause keeps back. Writes nothing. */
export function countDifferences(
  ports: EnginePorts,
  memory: StackMemory,
  objects: readonly KubernetesObject[],
): number {
  return objects.filter((object) => {
    const hash = hashOf(object);
    const ref = refOf(object);
    const live = ports.children.get(ref);
    const decision = decideApply(stamp(object, hash), hash, live, memory.expected.get(refKey(ref)));
    return decision !== 'skip';
  }).length;
}

export interface AppliedObject {
  readonly object: KubernetesObject;
  readonly decision: ApplyDecision;
}

async function applyObject(ports: EnginePorts, memory: StackMemory, object: KubernetesObject): Promise<AppliedObject> {
  const hash = hashOf(object);
  const stamped = stamp(object, hash);
  const ref = refOf(object);
  const key = refKey(ref);
  const live = ports.children.get(ref);
  const decision = decideApply(stamped, hash, live, memory.expected.get(key));
  if (decision === 'create') {
    await refuseForeign(ports, object);
  }
  if (decision === 'create' || decision === 'change' || decision === 'repair') {
    const applied = ports.children.upsert(await ports.kube.apply(stamped, { manager: fieldManager }));
    memory.expected.set(key, { uid: applied.uid, ownedHash: applied.ownedHash });
    ports.children.verified(ref);
    if (decision === 'repair') {
      ports.metrics.driftCorrected(ref.kind);
    }
  } else if (decision === 'skip' && live !== undefined) {
    memory.expected.set(key, { uid: live.uid, ownedHash: live.ownedHash });
    ports.children.verified(ref);
  }
  return { object, decision };
}

/**
 * Pure: compares the rendered object with the live one. `expected` is what the server answered our last apply; after a
 * restart there is none, and the owned values themselves are compared once.
 */
export function decideApply(
  stamped: KubernetesObject,
  hash: string,
  live: LiveObject | undefined,
  expected: { readonly uid: string; readonly ownedHash: string } | undefined,
): ApplyDecision {
  if (live === undefined) {
    return expected === undefined ? 'create' : 'repair';
  }
  if (live.deleting) {
    return 'wait';
  }
  if (live.appliedHash !== hash) {
    return 'change';
  }
  if (expected?.uid === live.uid) {
    return expected.ownedHash === live.ownedHash ? 'skip' : 'repair';
  }
  return live.owned !== undefined && isAsRendered(live.owned, stamped) ? 'skip' : 'repair';
}

/** The object with the hash of its rendering as annotation: a restarted operator knows what it applied last. */
function stamp(object: KubernetesObject, hash: string): KubernetesObject {
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [annotations.appliedHash]: hash } },
  };
}

/** Sets the replica counts that differ; a count that already is as wanted costs nothing. */
export async function applyScales(ports: EnginePorts, scales: readonly Scale[]): Promise<number> {
  const wanted = scales.filter(({ ref, replicas }) => {
    const live = ports.children.get(ref);
    return live !== undefined && !live.deleting && workloadStatus(live).specReplicas !== replicas;
  });
  await Promise.all(
    wanted.map(async ({ ref, replicas }) => {
      const { apiVersion, kind, name, namespace } = ref;
      const metadata = namespace === undefined ? { name } : { name, namespace };
      const body = { apiVersion, kind, metadata, spec: { replicas } };
      ports.children.upsert(await ports.kube.apply(body, { manager: rolloutManager }));
    }),
  );
  return wanted.length;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
