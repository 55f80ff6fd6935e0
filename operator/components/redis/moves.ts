import type { Layout } from './layout.ts';
import { evenShares, slotCount } from './slots.ts';
import type { Member } from './topology.ts';

/** Slots to carry from one primary to another. */
export interface Move {
  readonly from: Member;
  readonly to: Member;
  readonly slots: readonly number[];
}

export interface MovePlan {
  /** At most `limit` slots. */
  readonly moves: readonly Move[];
  /** Slots that are not where they should be, these included. */
  readonly remaining: number;
}

/**
 * How uneven shards may stay: redis-cli's default threshold. Without it a single slot moved by hand would start a
 * rebalance.
 */
const tolerance = 0.02;

/**
 * Which slots go where next, so that drained shards get empty and the survivors even. Pure, and the same input gives the
 * same moves: an interrupted rebalance goes on where it was.
 */
export function planMoves(layout: Layout, limit: number): MovePlan {
  const targets = evenTargets(layout);
  const mean = slotCount / layout.survivors.length;
  const isUneven = layout.survivors.some(({ slots }) => Math.abs(slots.length - mean) > mean * tolerance);
  if (layout.survivors.length === 0 || (layout.drained.length === 0 && !isUneven)) {
    return { moves: [], remaining: 0 };
  }
  const givers = [
    ...layout.drained.map(({ primary, slots }) => ({ primary, surplus: slots })),
    ...layout.survivors.map(({ primary, slots }) => ({ primary, surplus: slots.slice(targets.get(primary) ?? 0) })),
  ].filter(({ surplus }) => surplus.length > 0);
  const takers = layout.survivors
    .map(({ primary, slots }) => ({ primary, room: Math.max(0, (targets.get(primary) ?? 0) - slots.length) }))
    .filter(({ room }) => room > 0);
  return {
    moves: pair(givers, takers, limit),
    remaining: givers.reduce((sum, { surplus }) => sum + surplus.length, 0),
  };
}

/** The extra slots of an uneven division stay with those that have most: fewest moves. */
function evenTargets({ survivors }: Layout): ReadonlyMap<Member, number> {
  const shares = evenShares(slotCount, survivors.length);
  const bySize = survivors.toSorted((a, b) => b.slots.length - a.slots.length || a.primary.ordinal - b.primary.ordinal);
  return new Map(bySize.map(({ primary }, index) => [primary, shares[index] ?? 0]));
}

interface Giver {
  readonly primary: Member;
  readonly surplus: readonly number[];
}

interface Taker {
  readonly primary: Member;
  readonly room: number;
}

function pair(givers: readonly Giver[], takers: readonly Taker[], limit: number): readonly Move[] {
  const moves: Move[] = [];
  const room = new Map(takers.map(({ primary, room: free }) => [primary, free]));
  let left = limit;
  for (const { primary: from, surplus } of givers) {
    let at = 0;
    for (const [to, free] of room) {
      const count = Math.min(free, surplus.length - at, left);
      if (count > 0) {
        moves.push({ from, to, slots: surplus.slice(at, at + count) });
        room.set(to, free - count);
        at += count;
        left -= count;
      }
    }
  }
  return moves;
}
