import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withLock } from '../programs/lock.ts';

/**
 * The directory `path`, made by `make` when it is not there yet. `make` fills an empty directory beside it that is then
 * renamed, so an entry is either whole or absent, also after a kill; several processes that want one entry make it once.
 */
export async function cacheEntry(path: string, make: (directory: string) => Promise<void>): Promise<string> {
  if (!(await touch(path))) {
    await withLock(path, async () => {
      if (!(await touch(path))) {
        await fill(path, make);
      }
    });
  }
  return path;
}

async function fill(path: string, make: (directory: string) => Promise<void>): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const draft = await mkdtemp(join(folder, '.draft-'));
  try {
    await make(draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** Marks an entry as used now, so that {@link pruneEntries} keeps it; false when there is none. */
export async function touch(path: string): Promise<boolean> {
  const now = new Date();
  return utimes(path, now, now).then(
    () => true,
    () => false,
  );
}

/**
 * Removes the entries of a folder that were used longest ago, but for the `keep` newest and for what was used within
 * `graceMs` (another process may be reading it). Drafts that a killed process left go the same way.
 */
export async function pruneEntries(folder: string, keep: number, graceMs = 3_600_000): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const entries = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), usedAt: await usedAt(join(folder, name)) })),
  );
  const removed = entries
    .sort((one, other) => other.usedAt - one.usedAt)
    .slice(keep)
    .filter((entry) => Date.now() - entry.usedAt > graceMs)
    .map((entry) => entry.path);
  await Promise.all(removed.map((path) => rm(path, { recursive: true, force: true })));
  return removed;
}

/** 0 for what another process removed meanwhile. */
async function usedAt(path: string): Promise<number> {
  return stat(path).then(
    (found) => found.mtimeMs,
    () => 0,
  );
}
