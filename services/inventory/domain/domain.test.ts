import test from 'ava';
import fc from 'fast-check';
import { type Alert, edgeBetween, nextAlert } from './alerts.ts';
import { allocate, type SkuSupply, strategies } from './allocation.ts';
import { availabilityOf } from './availability.ts';
import { decideEnding, type Ending, reservationStatuses } from './reservation.ts';
import { type Allocation, type Level, owedOf, type StockItem } from './stock.ts';
import { StockBook } from './stock-book.ts';

const edges = { lowStockAt: 5, recoveredAt: 10, backInStockAt: 3 };

/** What is announced while the available units take these values. */
function told(values: readonly number[], start: Alert = 'ok'): string {
  let alert = start;
  const said = values.map((available) => {
    const next = nextAlert(alert, available, edges);
    const edge = edgeBetween(alert, next) ?? '-';
    alert = next;
    return edge;
  });
  return said.join(' ');
}

test('low stock is told once, and again only after it has recovered', (t) => {
  t.is(told([20, 6, 5, 6, 5, 9, 5, 10, 6, 5]), '- - low - - - - - - low');
});

test('out of stock is told once, and its end only from the edge on', (t) => {
  t.is(told([0, 1, 0, 2, 0, 3, 2, 0]), 'out - - - - back - out');
  t.is(told([100], 'out'), 'back');
  t.is(told([6, 5], 'out'), 'back low', 'back with plenty');
  t.is(told([4, 3, 9, 10, 5], 'out'), 'back - - - low', 'back while low is told once');
});

test('available units that stay between the edges announce nothing', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 6, max: 9 })), fc.constantFrom<Alert>('ok', 'low'), (values, start) => {
      t.false(/low|out|back/.test(told(values, start)));
    }),
  );
});

test('customers are told a word', (t) => {
  const word = (available: number, backorderRoom: number) =>
    availabilityOf({ available, backorderRoom, lowStockAt: 5 });
  t.deepEqual([word(6, 0), word(5, 9), word(0, 1), word(0, 0)], ['in-stock', 'low-stock', 'backorder', 'out-of-stock']);
});

test('a reservation ends in exactly one way, and time goes before everything', (t) => {
  const endings: readonly Ending[] = ['confirm', 'release', 'expire'];
  const table = reservationStatuses.flatMap((status) =>
    [false, true].map((isOverdue) =>
      endings.map((ending) => {
        const decision = decideEnding(status, isOverdue, ending);
        return decision.state === 'ends' ? `${decision.as}${decision.isRefused ? ' and refused' : ''}` : decision.state;
      }),
    ),
  );
  const confirmed = ['unchanged', 'refused', 'refused'];
  const released = ['refused', 'unchanged', 'refused'];
  const expired = ['refused', 'unchanged', 'unchanged'];
  t.deepEqual(table, [
    ['confirmed', 'released', 'refused'],
    ['expired and refused', 'expired', 'expired'],
    confirmed,
    confirmed,
    released,
    released,
    expired,
    expired,
  ]);
});

const shelf = fc.record({
  warehouseId: fc.constantFrom('w1', 'w2', 'w3', 'w4'),
  priority: fc.integer({ min: 0, max: 3 }),
  free: fc.integer({ min: 0, max: 9 }),
});
const supply = fc.record({
  shelves: fc.uniqueArray(shelf, { selector: ({ warehouseId }) => warehouseId, maxLength: 4 }),
  backorderRoom: fc.integer({ min: 0, max: 4 }),
});

const warehouses = ['w1', 'w2', 'w3', 'w4'];
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/** Units that there are at most. */
function mostOf({ shelves, backorderRoom }: SkuSupply): number {
  return shelves.length === 0 ? 0 : backorderRoom + sum(shelves.map(({ free }) => free));
}

const freeIn = ({ shelves }: SkuSupply, id: string) =>
  shelves.find(({ warehouseId }) => warehouseId === id)?.free ?? -1;

test('whatever lies where: all lines are served or none, and nothing is taken that is not there', (t) => {
  const orders = fc.array(fc.tuple(supply, fc.integer({ min: 1, max: 20 })), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(orders, fc.constantFrom(...strategies), (order, strategy) => {
      const wanted = order.map(([there, quantity], index) => ({ there, line: { sku: `s${index}`, quantity } }));
      const supplyOf = (sku: string) => wanted.find(({ line }) => line.sku === sku)?.there ?? t.fail();
      const result = allocate(
        wanted.map(({ line }) => line),
        supplyOf,
        strategy,
      );
      t.is(
        result.state === 'allocated',
        wanted.every(({ there, line }) => line.quantity <= mostOf(there)),
      );
      if (result.state === 'short') return;
      for (const { there, line } of wanted) {
        const parts = result.allocations.filter(({ sku }) => sku === line.sku);
        t.is(sum(parts.map(({ quantity }) => quantity)), line.quantity);
        t.true(parts.every((part) => part.quantity - part.backordered <= freeIn(there, part.warehouseId)));
        t.true(sum(parts.map(({ backordered }) => backordered)) <= there.backorderRoom);
      }
      const canBeOne = warehouses.some((id) => wanted.every(({ there, line }) => freeIn(there, id) >= line.quantity));
      const used = new Set(result.allocations.map(({ warehouseId }) => warehouseId)).size;
      t.true(strategy !== 'single-shipment' || !canBeOne || used === 1);
    }),
  );
});

const item: StockItem = { sku: 's', backorderCap: 3, alert: 'ok', ...edges };
const aLevel = (warehouseId: string, changes: Partial<Level> = {}): Level => ({
  sku: 's',
  warehouseId,
  priority: 1,
  isActive: true,
  onHand: 0,
  reserved: 0,
  backordered: 0,
  version: 1,
  ...changes,
});

type Step = { readonly what: 'reserve' | 'confirm' | 'release' | 'adjust'; readonly number: number };

/** A book that does what it is told, and remembers what it holds. */
function aBook() {
  const book = new StockBook([item], [aLevel('w1', { onHand: 5 }), aLevel('w2', { onHand: 2, priority: 2 })]);
  const cause = { reference: 'r', actor: 'a' };
  const held: (readonly Allocation[])[] = [];
  const reserve = (quantity: number) => {
    const result = book.reserve(cause, [{ sku: 's', quantity }], 'priority');
    if (result.state === 'allocated') held.push(result.allocations);
  };
  const end = (number: number, how: (allocations: readonly Allocation[]) => void) => {
    for (const allocations of held.splice(number % Math.max(1, held.length), 1)) how(allocations);
  };
  const steps: Readonly<Record<Step['what'], (number: number) => void>> = {
    reserve: (number) => reserve(1 + Math.abs(number)),
    confirm: (number) => end(Math.abs(number), (allocations) => book.confirm(cause, allocations)),
    release: (number) => end(Math.abs(number), (allocations) => book.release(cause, allocations, 'released')),
    adjust: (number) => {
      const warehouseId = number % 2 === 0 ? 'w1' : 'w2';
      book.adjust({ sku: 's', warehouseId, delta: number }, { ...cause, reason: 'corrected' });
    },
  };
  return { book, held, steps };
}

test('whatever happens: counters are the sums of the movements, nothing is negative, and no more is owed than may be', (t) => {
  const step: fc.Arbitrary<Step> = fc.record({
    what: fc.constantFrom('reserve', 'confirm', 'release', 'adjust'),
    number: fc.integer({ min: -8, max: 8 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (all) => {
      const { book, held, steps } = aBook();
      for (const { what, number } of all) steps[what](number);
      const { movements } = book.changes();
      const owed = [['w1', 5] as const, ['w2', 2] as const].map(([warehouseId, onHand]) => {
        const level = book.level({ sku: 's', warehouseId }) ?? t.fail();
        const own = movements.filter((one) => one.warehouseId === warehouseId);
        t.is(level.onHand, onHand + sum(own.map((one) => one.onHand)));
        t.is(level.reserved, sum(own.map((one) => one.reserved)));
        t.is(level.backordered, sum(own.map((one) => one.backordered)));
        t.true(Math.min(level.onHand, level.reserved, level.backordered) >= 0);
        const holding = held.flat().filter((one) => one.warehouseId === warehouseId);
        t.is(level.reserved, sum(holding.map(({ quantity }) => quantity)));
        return owedOf(level);
      });
      t.true(sum(owed) <= item.backorderCap, `${sum(owed)} are owed`);
    }),
  );
});

test('stock that is promised cannot be taken away', (t) => {
  const book = new StockBook([{ ...item, backorderCap: 0 }], [aLevel('w1', { onHand: 5, reserved: 3 })]);
  const adjust = (delta: number) =>
    book.adjust({ sku: 's', warehouseId: 'w1', delta }, { reference: 'r', actor: 'a', reason: 'lost' });
  t.like(adjust(-3), { reason: 'promised' });
  t.like(adjust(-6), { reason: 'not-there' });
  t.like(adjust(2_000_000_000), { reason: 'too-many' });
  t.is(adjust(-2).state, 'adjusted');
  t.like(book.adjust({ sku: 's', warehouseId: 'w9', delta: 1 }, { reference: 'r', actor: 'a', reason: 'found' }), {
    reason: 'unknown-level',
  });
  t.is(book.changes().movements.length, 1);
});
