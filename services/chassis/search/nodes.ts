/** The nodes that a client may ask, in turns; one that failed is left alone for a while. */
import { doublingMs } from '../doubling.ts';

/** Of one that does not answer: doubles with each failure in a row, from the first to the last. */
const restMs = { first: 500, last: 15_000 } as const;
/** Of one that answers that it is busy: shorter, so that it is asked before one that is not there. */
const spareMs = 250;

interface Node<T> {
  readonly value: T;
  failures: number;
  restsUntil: number;
}

export class Nodes<T> {
  readonly #nodes: readonly Node<T>[];
  readonly #now: () => number;
  #turn = 0;

  /** `now` in milliseconds, for tests. */
  constructor(values: readonly T[], now: () => number = () => performance.now()) {
    this.#nodes = values.map((value) => ({ value, failures: 0, restsUntil: 0 }));
    this.#now = now;
  }

  /** The next one; when all rest, the one whose rest ends first. */
  next(): T {
    this.#turn += 1;
    const order = this.#nodes.map((_node, index) => this.#nodes[(index + this.#turn) % this.#nodes.length]);
    const awake = order.find((node) => node !== undefined && node.restsUntil <= this.#now());
    const node = awake ?? this.#nodes.toSorted((a, b) => a.restsUntil - b.restsUntil)[0];
    if (node === undefined) throw new Error('a client needs at least one node');
    return node.value;
  }

  /** It answered. */
  praise(value: T): void {
    this.#of(value, (node) => {
      node.failures = 0;
      node.restsUntil = 0;
    });
  }

  /** It answered, but it has too much to do or no master. */
  spare(value: T): void {
    this.#of(value, (node) => {
      node.failures = 0;
      node.restsUntil = this.#now() + spareMs;
    });
  }

  /** It did not answer. */
  blame(value: T): void {
    this.#of(value, (node) => {
      node.failures += 1;
      node.restsUntil = this.#now() + doublingMs(restMs, node.failures);
    });
  }

  #of(value: T, change: (node: Node<T>) => void): void {
    const node = this.#nodes.find((one) => one.value === value);
    if (node !== undefined) change(node);
  }
}
