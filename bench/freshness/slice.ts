import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '#lab/control-plane/wait.ts';
import { refreshIntervalMs } from '../../services/search/store/definition.ts';
import type { ServiceProgram } from '../rig/shop/service-program.ts';
import type { AnchorDocument } from './anchor.ts';
import type { Change, ChangingProduct } from './changing-product.ts';
import { watchIndex } from './index-watch.ts';
import type { FreshnessRig } from './rig.ts';
import { patienceMs } from './sightings.ts';
import { startsOf } from './starts.ts';
import type { TopicWatch } from './topic-watch.ts';

/** Length of a slice, without the wait for its last changes. */
export const sliceMs = 6_000;
/** The group of products and documents that are looked for. */
export const probes = 'probes';
/** From one look to the next whether the document of a change is there, milliseconds. */
export const readEveryMs = 5;

/** Milliseconds of each step of each change, and of each document that was written past the shop. */
export interface Observed {
  readonly commit: number[];
  readonly topic: number[];
  readonly written: number[];
  readonly found: number[];
  readonly anchor: number[];
  /** Steps that did not come. */
  missing: number;
}

/** What is measured, and what goes on beside it. */
export interface SliceTools {
  readonly rig: FreshnessRig;
  readonly search: ServiceProgram;
  readonly topic: TopicWatch;
  readonly changing: readonly ChangingProduct[];
  readonly anchors: readonly AnchorDocument[];
}

/** Changes products and writes documents past the shop, in turn, and resolves when all are found. */
export async function observe(tools: SliceTools): Promise<Observed> {
  const observed: Observed = { commit: [], topic: [], written: [], found: [], anchor: [], missing: 0 };
  await using index = watchIndex(tools.search, probes);
  const note = (times: number[], from: number, at: number | undefined) => {
    if (at === undefined) observed.missing += 1;
    else times.push(at - from);
  };
  const follow = async (product: ChangingProduct) => {
    const change = await product.change();
    const { begunAt, committedAt, title } = change;
    const found = index.found(title);
    const topicAt = await tools.topic.arrival(change);
    const writtenAt = await written(tools.rig, change);
    note(observed.commit, begunAt, committedAt);
    note(observed.topic, committedAt, topicAt);
    note(observed.written, committedAt, writtenAt);
    note(observed.found, committedAt, await found);
  };
  const followAnchor = async (anchor: AnchorDocument) => {
    const { title, writtenAt } = await anchor.write();
    note(observed.anchor, writtenAt, await index.found(title));
  };
  const { changing, anchors } = tools;
  await atTimes(startsOf(sliceMs, refreshIntervalMs), (number) => {
    const turn = Math.floor(number / 2);
    return number % 2 === 0 ? follow(inTurn(changing, turn)) : followAnchor(inTurn(anchors, turn));
  });
  return observed;
}

/** Changes products at a constant rate for the length of a slice, however long each takes. */
export async function burst(changing: readonly ChangingProduct[], perSecond: number): Promise<void> {
  const starts = Array.from({ length: (sliceMs / 1000) * perSecond }, (_, number) => (number * 1000) / perSecond);
  await atTimes(starts, (number) => inTurn(changing, number).change());
}

/** Begins each at its time; resolves when all have ended. */
async function atTimes(starts: readonly number[], begin: (number: number) => Promise<unknown>): Promise<void> {
  const begunAt = performance.now();
  const all: Promise<unknown>[] = [];
  for (const [number, at] of starts.entries()) {
    await delay(Math.max(0, begunAt + at - performance.now()));
    all.push(begin(number));
  }
  await Promise.all(all);
}

function inTurn<T>(list: readonly T[], number: number): T {
  const one = list[number % list.length];
  if (one === undefined) throw new RangeError('the list is empty');
  return one;
}

/** When the document of the change could be read by its id; undefined when it cannot in time. */
async function written({ index, names }: FreshnessRig, { id, title }: Change): Promise<number | undefined> {
  const path = `/${encodeURIComponent(names.write)}/_doc/${id}?_source_includes=title`;
  const look = async () => {
    const { _source } = await index.send<{ readonly _source: { readonly title: string } }>({
      operation: 'get',
      method: 'GET',
      path,
      isSafe: true,
    });
    return _source.title === title && performance.now();
  };
  return waitFor('the document is there', look, { timeoutMs: patienceMs, intervalMs: readEveryMs }).catch(
    () => undefined,
  );
}
