import { access, mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../programs/lock.ts';
import { directoryKey, type LabPaths } from './lab-paths.ts';

/**
 * What the labs of this machine must know of each other, wherever each keeps its state: XDG_STATE_HOME may differ, while
 * addresses and limits are the machine's. Ends with the machine, as links and limits do.
 */
const machineDirectory = '/run/ecommerce-stack';
const lockName = 'ecommerce-stack labs of the machine';

/** Enters a lab, before anything is made of it. */
export function registerLab({ directory }: Pick<LabPaths, 'directory'>, registry = machineDirectory): Promise<void> {
  return withLock(lockName, async () => {
    await mkdir(labsOf(registry), { recursive: true });
    await writeFile(join(labsOf(registry), directoryKey(directory)), directory);
  });
}

/** Strikes a lab out, after all of it is gone. */
export function unregisterLab({ directory }: Pick<LabPaths, 'directory'>, registry = machineDirectory): Promise<void> {
  return withLock(lockName, () => rm(join(labsOf(registry), directoryKey(directory)), { force: true }));
}

/** Directories of all labs of this machine; one that somebody removed by hand does not count. */
export async function registeredLabs(registry = machineDirectory): Promise<readonly string[]> {
  const names = await readdir(labsOf(registry)).catch(() => []);
  const directories = await Promise.all(
    names
      .map(async (name) => {
        const directory = await readFile(join(labsOf(registry), name), 'utf8');
        await access(directory);
        return directory;
      })
      .map((directory) => directory.catch(() => undefined)),
  );
  return directories.filter((directory) => directory !== undefined);
}

/** A file beside the list of labs. */
export function machineFile(name: string): string {
  return join(machineDirectory, name);
}

/** Removes the directory of all this when nothing is in it. */
export function tidyMachine(registry = machineDirectory): Promise<void> {
  return withLock(lockName, async () => {
    await rmdir(labsOf(registry)).catch(() => undefined);
    await rmdir(registry).catch(() => undefined);
  });
}

function labsOf(registry: string): string {
  return join(registry, 'labs');
}
