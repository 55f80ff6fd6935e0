import { type KubernetesObject, type ObjectRef, refKey, refOf } from '../api/kubernetes.ts';
import type { Desired, Scale } from '../components/contract.ts';
import { isAsRendered } from '../kube/as-rendered.ts';
import type { LiveObject } from '../kube/live-object.ts';
import { hashOfRendering } from '../objects/hash.ts';
import { workloadStatus } from '../objects/live-status.ts';
import { annotations, fieldManager, rolloutManager } from '../objects/names.ts';
import { createOwn } from './foreign.ts';
import type { StackMemory } from './memory.ts';
import type { EnginePorts } from './ports.ts';

/** What to do with one rendered object; `create`, `change` and `repair` are writes. */
export type ApplyDecision = 'skip' | 'wait' | 'create' | 'change' | 'repair';

/** Objects and replica counts of one component on their way. */
export interface Applying {
  /** What other components look at: the connections to this one. */
  readonly secrets: Promise<readonly AppliedObject[]>;
  /** All the rest, which nobody waits for but the pass. */
  readonly followers: Promise<Followers>;
}

export interface Followers {
  readonly objects: readonly AppliedObject[];
  /** Replica counts that were set. */
  readonly scaled: number;
}

/**
 * Applies what differs and tells what it did to each: all at once (the client has the lanes), Secrets in front, because
 * others wait for them; but a binding after the roles, because the API server looks a role up before it lets anybody grant
 * it, and a replica count after its workload.
 */
export function beginApply(
  ports: EnginePorts,
  memory: StackMemory,
  { objects, scales = [] }: Pick<Desired, 'objects' | 'scales'>,
): Applying {
  const begun = new Map<string, Promise<AppliedObject>>();
  const begin = (object: KubernetesObject) => {
    const applied = applyObject(ports, memory, object);
    begun.set(refKey(refOf(object)), applied);
    return applied;
  };
  // Whether it failed is told at the end, once.
  const settled = (ref: ObjectRef) => Promise.allSettled([begun.get(refKey(ref)) ?? Promise.resolve()]);
  const secrets = objects.filter(({ kind }) => kind === 'Secret').map(begin);
  const others = objects.filter(({ kind }) => kind !== 'Secret' && kind !== 'RoleBinding').map(begin);
  const roles = objects.filter(({ kind }) => kind === 'Role').map(refOf);
  const bindings = objects
    .filter(({ kind }) => kind === 'RoleBinding')
    .map(async (binding) => {
      await Promise.all(roles.map(settled));
      return begin(binding);
    });
  const scaling = scales.map(async (scale) => {
    await settled(scale.ref);
    return applyScale(ports, scale);
  });
  return { secrets: allOf(secrets), followers: allFollowers([...others, ...bindings], scaling) };
}

async function allFollowers(
  applying: readonly Promise<AppliedObject>[],
  scaling: readonly Promise<boolean>[],
): Promise<Followers> {
  const results = [allOf(applying), allOf(scaling)] as const;
  await Promise.allSettled(results);
  const [objects, scaled] = await Promise.all(results);
  return { objects, scaled: scaled.filter(Boolean).length };
}

/** All results, or what failed when all have ended. */
async function allOf<Result>(tasks: readonly Promise<Result>[]): Promise<readonly Result[]> {
  const results = await Promise.allSettled(tasks);
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
    const hash = hashOfRendering(object);
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
  const hash = hashOfRendering(object);
  const stamped = stamp(object, hash);
  const ref = refOf(object);
  const key = refKey(ref);
  const live = ports.children.get(ref);
  const decision = decideApply(stamped, hash, live, memory.expected.get(key));
  if (decision === 'create' || decision === 'change' || decision === 'repair') {
    const applied = ports.children.upsert(await write(ports, stamped, live));
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

/** What the caches do not show may still be somebody's. */
function write(ports: EnginePorts, stamped: KubernetesObject, live: LiveObject | undefined): Promise<KubernetesObject> {
  return live === undefined ? createOwn(ports, stamped) : ports.kube.apply(stamped, { manager: fieldManager });
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

/** Sets a replica count when it differs, and tells whether it did. */
async function applyScale(ports: EnginePorts, { ref, replicas }: Scale): Promise<boolean> {
  const live = ports.children.get(ref);
  if (live === undefined || live.deleting || workloadStatus(live).specReplicas === replicas) {
    return false;
  }
  const { apiVersion, kind, name, namespace } = ref;
  const metadata = namespace === undefined ? { name } : { name, namespace };
  const body = { apiVersion, kind, metadata, spec: { replicas } };
  ports.children.upsert(await ports.kube.apply(body, { manager: rolloutManager }));
  return true;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
