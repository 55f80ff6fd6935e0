/** The groups in which this service reserves and ends. */
import { Gauge, Histogram, type Registry } from 'prom-client';
import type { InventoryDeps, Writer } from './deps.ts';
import { KeyedGroupCommit, type KeyedGroupOptions } from './grouping/keyed-group-commit.ts';
import { type EndRequest, type EndResult, endGroup } from './use-cases/end-reservations.ts';
import { type ReservationRequest, type ReserveResult, reserveGroup } from './use-cases/reserve.ts';

export type GroupBounds = Pick<KeyedGroupOptions<unknown, unknown>, 'maxItems' | 'maxRunning' | 'maxWaiting'>;

/** Sizes of groups: from nobody else to the default's most. */
const sizeBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256];

export function createGroups(
  writer: Writer,
  bounds: GroupBounds,
  registry: Registry,
): Pick<InventoryDeps, 'reserving' | 'ending'> {
  const size = new Histogram({
    name: 'inventory_group_size',
    help: 'Callers that shared a transaction.',
    labelNames: ['work'],
    buckets: sizeBuckets,
    registers: [registry],
  });
  const measured = <Item, Result>(
    work: string,
    commit: (writer: Writer, items: readonly Item[]) => Promise<readonly Result[]>,
  ) => {
    return (items: readonly Item[]) => {
      size.observe({ work }, items.length);
      return commit(writer, items);
    };
  };
  const reserving = new KeyedGroupCommit<ReservationRequest, ReserveResult>({
    ...bounds,
    keysOf: ({ lines }) => lines.map(({ sku }) => sku),
    commit: measured('reserve', reserveGroup),
  });
  const ending = new KeyedGroupCommit<EndRequest, EndResult>({
    ...bounds,
    // What a reservation holds is known when it has been read: all of them are one lane.
    keysOf: () => ['reservations'],
    commit: measured('end', endGroup),
  });
  new Gauge({
    name: 'inventory_group_waiting',
    help: 'Callers whose transaction has not begun.',
    labelNames: ['work'],
    registers: [registry],
    collect() {
      this.set({ work: 'reserve' }, reserving.waiting);
      this.set({ work: 'end' }, ending.waiting);
    },
  });
  return { reserving, ending };
}
