/** The threads that hash passwords give way to the one that answers requests. */
import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** The lowest (sched(7)): a hash takes what nobody else in the process wants, and that is most of a core most of the time. */
export const hashingNice = 19;
const tasks = '/proc/self/task';

/**
 * Lowers the priority of libuv's threads, once they have been started by a first job; returns their ids. Two hashes keep two cores
 * busy, and the event loop would wait behind them for its time slice. On Linux each thread has a priority of its own (setpriority(2)); elsewhere nothing
 * is done.
 */
export function lowerHashingThreads(): readonly number[] {
  const threads = hashingThreads();
  for (const thread of threads) setPriority(thread, hashingNice);
  return threads;
}

function hashingThreads(): readonly number[] {
  try {
    return readdirSync(tasks)
      .filter((thread) => readFileSync(`${tasks}/${thread}/comm`, 'utf8').trim() === 'libuv-worker')
      .map(Number);
  } catch {
    // No /proc, or a thread that has just ended.
    return [];
  }
}
