import type { ClusterFacts, ObservedShard } from './observed.ts';

/** All copies of one shard. */
interface Copies {
  readonly label: string;
  readonly copies: readonly ObservedShard[];
}

/** Primaries that nobody serves, as a sentence. */
export function findMissingPrimaries(facts: ClusterFacts): string | undefined {
  const missing = facts.shards.filter(({ isPrimary, state }) => isPrimary && !isStarted(state)).map(labelOf);
  return missing.length === 0
    ? undefined
    : `${missing.length} shards have no primary that serves, the first of them ${missing[0]}.`;
}

/** Copies that are on their way from one node to another, or being filled, as a sentence. */
export function findMoving(facts: ClusterFacts): string | undefined {
  const moving = facts.shards.filter(({ state }) => state === 'RELOCATING' || state === 'INITIALIZING').map(labelOf);
  return moving.length === 0
    ? undefined
    : `${moving.length} copies of shards move or are being filled, the first of them of ${moving[0]}.`;
}

/**
 * Copies that are missing although a node without one is there. What is left out is settled: an index that asks for more
 * copies than there are nodes stays yellow for ever, and a single node always has that.
 */
export function findMissingCopies(facts: ClusterFacts): string | undefined {
  const missing = groupShards(facts).filter(({ copies }) => {
    const placed = copies.filter(({ state }) => state !== 'UNASSIGNED').length;
    return placed < Math.min(copies.length, facts.nodes.length);
  });
  return missing.length === 0
    ? undefined
    : `${missing.length} shards have fewer copies than they should, the first of them ${missing[0]?.label}.`;
}

/** Shards whose every serving copy is on one of these nodes, and primaries on them, as a sentence. */
export function findUndrained(facts: ClusterFacts, leaving: readonly string[]): string | undefined {
  const isLeaving = ({ node }: ObservedShard) => node !== undefined && leaving.includes(node);
  const tied = groupShards(facts).filter(({ copies }) => {
    const serving = copies.filter(({ state }) => state === 'STARTED');
    return serving.some(isLeaving) && !serving.some((one) => !isLeaving(one));
  });
  return tied.length === 0
    ? undefined
    : `${tied.length} shards are served by leaving nodes only, the first of them ${tied[0]?.label}.`;
}

function groupShards({ shards }: ClusterFacts): readonly Copies[] {
  const groups = Map.groupBy(shards, labelOf);
  return [...groups].map(([label, copies]) => ({ label, copies }));
}

function labelOf({ index, shard }: ObservedShard): string {
  return `${index}[${shard}]`;
}

function isStarted(state: ObservedShard['state']): boolean {
  return state === 'STARTED' || state === 'RELOCATING';
}
