import { type ObjectRef, refOf } from '../api/kubernetes.ts';
import type { AnyComponent, Desired } from '../components/contract.ts';
import { labels } from '../objects/names.ts';
import { countDifferences } from './apply.ts';
import type { Pass } from './pass.ts';

/** What a component may have applied now, and how much of what it wants the pause keeps back. */
export interface Released {
  readonly desired: Desired;
  /** Objects that differ from what is wanted and stay so until the pause ends. */
  readonly pending: number;
}

const workloadKinds: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet']);

/** Takes out what the annotation `ecommerce.stack/pause` keeps back. */
export function release(pass: Pass, component: AnyComponent, desired: Desired): Released {
  const count = (objects: Desired['objects']) => countDifferences(pass.ports, pass.memory, objects);
  switch (pass.pause) {
    case 'none':
      return { desired, pending: 0 };
    case 'all':
      return { desired: { objects: [], held: [], scales: [] }, pending: count(desired.objects) };
    case 'rollouts': {
      const isKept = keptByRollouts(pass, component);
      const kept = desired.objects.filter((object) => isKept(refOf(object)));
      return { desired: withHeld(desired, kept.map(refOf), isKept), pending: count(kept) };
    }
  }
}

/** A workload that exists keeps its template, and no migration runs ahead of it. */
function keptByRollouts(pass: Pass, component: AnyComponent): (ref: ObjectRef) => boolean {
  const hasWorkload = pass.ports.children
    .listByStack(pass.stack.namespace, pass.stack.name)
    .some((live) => workloadKinds.has(live.ref.kind) && live.labels[labels.component] === component.name);
  return (ref) =>
    (workloadKinds.has(ref.kind) && pass.ports.children.get(ref) !== undefined) || (ref.kind === 'Job' && hasWorkload);
}

function withHeld(desired: Desired, kept: readonly ObjectRef[], isKept: (ref: ObjectRef) => boolean): Desired {
  const held = kept.map((ref) => ({ ref, reason: 'PausedRollouts', message: 'Rollouts are paused by annotation.' }));
  return {
    objects: desired.objects.filter((object) => !isKept(refOf(object))),
    held: [...desired.held, ...held],
    scales: [],
  };
}
