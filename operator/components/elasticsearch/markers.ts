import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { ClusterFacts } from './observed.ts';

/**
 * Settings of the cluster by which the operator holds shards in their place, each beside a note that it was us: what
 * somebody else set is never taken away, and an operator that died in the middle finds what it left.
 */
export const settingNames = {
  allocation: 'cluster.routing.allocation.enable',
  /** `<pod>/<uid>` of the pod whose restart `allocation` waits for. */
  heldFor: 'cluster.metadata.ecommerce-stack.held-for',
  exclude: 'cluster.routing.allocation.exclude._name',
  /** Copy of `exclude` as we set it. */
  leaving: 'cluster.metadata.ecommerce-stack.leaving',
} as const;

/** Whose restart copies wait for; `undefined` when we hold nothing. */
export function heldPod({ settings }: ClusterFacts): { readonly name: string; readonly uid: string } | undefined {
  const [name = '', uid = ''] = (settings[settingNames.heldFor] ?? '').split('/');
  return name === '' ? undefined : { name, uid };
}

/** Nodes that we told shards to leave. */
export function leavingNames({ settings }: ClusterFacts): readonly string[] {
  const text = settings[settingNames.leaving] ?? '';
  return text === '' ? [] : text.split(',');
}

/** A sentence about somebody else's setting that keeps shards from moving; `undefined`: there is none. */
export function foreignHold({ settings }: ClusterFacts): string | undefined {
  const allocation = settings[settingNames.allocation] ?? 'all';
  if (allocation !== 'all' && settings[settingNames.heldFor] === undefined) {
    return `${settingNames.allocation} is ${allocation}, set by somebody else: set it to null when their work is done.`;
  }
  const exclude = settings[settingNames.exclude] ?? '';
  return exclude === '' || exclude === settings[settingNames.leaving]
    ? undefined
    : `${settingNames.exclude} is ${exclude}, set by somebody else: set it to null when their work is done.`;
}

/** Nodes of this stack's pods that shall go: the highest ordinals. */
export function surplus(size: number, stack: CompleteStack, nameOf: (ordinal: number) => string): readonly string[] {
  const wanted = stack.elasticsearch.nodes;
  return Array.from({ length: Math.max(0, size - wanted) }, (_, index) => nameOf(wanted + index));
}
