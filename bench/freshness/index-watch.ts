import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceProgram } from '../rig/shop/service-program.ts';
import { Sightings } from './sightings.ts';

/** From one search to the next, milliseconds: a finding is noted up to so much late. */
export const searchEveryMs = 20;

/** Searches over and over, and notes when each title was found first. */
export interface IndexWatch extends AsyncDisposable {
  /** When the answer with the title was there; undefined when none comes. */
  found(title: string): Promise<number | undefined>;
}

/** One search for all products of a group (at most 100), so that the number of searches does not grow with that of changes. */
export function watchIndex(search: ServiceProgram, group: string): IndexWatch {
  const sightings = new Sightings();
  const stop = new AbortController();
  const path = `/api/v1/search?filters=group:${group}&limit=100`;
  const look = async () => {
    // While the service refuses it has not found anything.
    const { status, json } = await search.call('GET', path);
    const at = performance.now();
    const items: readonly { readonly title: string }[] = status === 200 ? json.items : [];
    for (const { title } of items) sightings.see(title, at);
  };
  const run = async () => {
    while (!stop.signal.aborted) {
      const begunAt = performance.now();
      await look();
      await delay(Math.max(0, begunAt + searchEveryMs - performance.now()));
    }
  };
  const running = run();
  return {
    found: (title) => sightings.first(title),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
}
