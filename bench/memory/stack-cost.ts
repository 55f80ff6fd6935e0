import { kinds } from '../../operator/api/kinds.ts';
import { components } from '../../operator/components/index.ts';
import { collectGarbage } from '../harness/collect-garbage.ts';
import type { Table } from '../harness/report.ts';
import { openAdmin } from '../rig/admin.ts';
import { createCaches } from '../rig/caches.ts';

/**
 * What the operator's caches keep for each stack, by filling them in this process: exact, because nothing else happens
 * meanwhile. The values that are kept until the engine has compared them once are let go as the engine would.
 */
export async function measureStackCost(kubeconfig: string): Promise<Table> {
  await using admin = await openAdmin(kubeconfig);
  const all = await admin.client.list(kinds.EcommerceStack);
  const keys = all.map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name }));
  const bytesOfStacks = all.reduce((sum, stack) => sum + JSON.stringify(stack).length, 0);
  const stop = new AbortController();
  const { stacks, children } = createCaches(admin, [], components);
  const empty = heapBytes();
  const stacksRun = stacks.start(stop.signal);
  await stacks.whenSynced();
  const withStacks = heapBytes();
  const childrenRun = children.start(stop.signal);
  await children.whenSynced();
  const withChildren = heapBytes();
  let objects = 0;
  for (const { namespace, name } of keys) {
    for (const { ref } of children.listByStack(namespace, name)) {
      children.verified(ref);
      objects += 1;
    }
  }
  const verified = heapBytes();
  for (const { namespace, name } of keys) {
    children.rest(namespace, name);
  }
  const resting = heapBytes();
  stop.abort();
  await Promise.all([stacksRun, childrenRun]);
  const perStack = (bytes: number) => bytes / 1024 / keys.length;
  return {
    title: `What the caches keep for each of ${keys.length} stacks with ${objects / keys.length} objects, KiB of V8 heap and buffers`,
    columns: ['what', 'KiB per stack', 'bytes per object'],
    rows: [
      ['the stack itself, spec and status', perStack(withStacks - empty), (withStacks - empty) / keys.length],
      ['the same as JSON, for comparison', perStack(bytesOfStacks), bytesOfStacks / keys.length],
      [
        'children, before the engine has compared them',
        perStack(withChildren - withStacks),
        (withChildren - withStacks) / objects,
      ],
      ['children, afterwards', perStack(verified - withStacks), (verified - withStacks) / objects],
      ['children at rest, between two passes', perStack(resting - withStacks), (resting - withStacks) / objects],
    ],
  };
}

function heapBytes(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
