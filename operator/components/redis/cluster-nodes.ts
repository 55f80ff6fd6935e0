import type { SlotRange } from './slots.ts';

/** One line of CLUSTER NODES: what one node knows of a node of its cluster. */
export interface ClusterLine {
  /** 40 hex characters; lives in the node's volume and survives restarts, not the loss of the volume. */
  readonly id: string;
  /** Empty when the node never learned its own or the other's address. */
  readonly host: string;
  readonly port: number;
  readonly flags: ReadonlySet<string>;
  /** Id of the primary that it replicates; `undefined` for a primary. */
  readonly primaryId: string | undefined;
  /** When the last answer came, milliseconds since 1970 by the clock of the node that says so; 0: never. */
  readonly lastPongAt: number;
  readonly epoch: number;
  readonly isLinked: boolean;
  readonly slots: readonly SlotRange[];
  /** Slots on their way to another node; a node tells this of itself only. */
  readonly migrating: readonly OpenSlot[];
  /** Slots on their way from another node; a node tells this of itself only. */
  readonly importing: readonly OpenSlot[];
}

/** A slot that is being moved, and the node at the other end. */
export interface OpenSlot {
  readonly slot: number;
  readonly peerId: string;
}

/**
 * Reads the answer of CLUSTER NODES: `<id> <host:port@bus[,name…]> <flags> <primary> <ping> <pong> <epoch> <link>
 * <slot…>` per line. Throws `TypeError` with the line when it is something else.
 */
export function parseClusterNodes(text: string): readonly ClusterLine[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(parseLine);
}

const addressPattern = /^(.*):(\d+)(?:@\d+)?$/;

function parseLine(line: string): ClusterLine {
  const [id, place, flags, primary, , pong, epoch, link, ...slots] = line.split(' ');
  const [address = ''] = (place ?? '').split(',');
  const match = addressPattern.exec(address);
  if (id === undefined || flags === undefined || match === null || link === undefined) {
    throw new TypeError(`CLUSTER NODES answered a line of an unknown form: ${line}`);
  }
  const open = slots.flatMap((entry) => parseOpenSlot(entry));
  return {
    id,
    host: match[1] ?? '',
    port: Number(match[2]),
    flags: new Set(flags.split(',').filter((flag) => flag !== 'noflags')),
    primaryId: primary === undefined || primary === '-' ? undefined : primary,
    lastPongAt: Number(pong),
    epoch: Number(epoch),
    isLinked: link === 'connected',
    slots: slots.filter((entry) => !entry.startsWith('[')).map(parseRange),
    migrating: open.filter(({ direction }) => direction === '>').map(toOpenSlot),
    importing: open.filter(({ direction }) => direction === '<').map(toOpenSlot),
  };
}

function parseRange(entry: string): SlotRange {
  const [first, last] = entry.split('-');
  return [Number(first), Number(last ?? first)];
}

const openSlotPattern = /^\[(\d+)-([<>])-([0-9a-f]+)\]$/;

function parseOpenSlot(entry: string) {
  const match = openSlotPattern.exec(entry);
  return match === null ? [] : [{ slot: Number(match[1]), direction: match[2], peerId: match[3] ?? '' }];
}

function toOpenSlot({ slot, peerId }: OpenSlot): OpenSlot {
  return { slot, peerId };
}
