import test from 'ava';
import fc from 'fast-check';
import { DelayHeap } from './delay-heap.ts';

test('items come out in the order of their time', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (times) => {
      const heap = new DelayHeap<{ dueMs: number }>();
      for (const dueMs of times) {
        heap.push({ dueMs });
      }
      const out: number[] = [];
      for (let next = heap.pop(); next !== undefined; next = heap.pop()) {
        out.push(next.dueMs);
      }
      t.deepEqual(
        out,
        times.toSorted((a, b) => a - b),
      );
    }),
  );
});
