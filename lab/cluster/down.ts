import { access } from 'node:fs/promises';
import { withLock } from '../programs/lock.ts';
import { runSystem } from '../programs/run.ts';
import type { Progress } from '../provider.ts';
import { addressesOf } from './addresses.ts';
import { hasCgroups, listHierarchies, removeCgroups } from './cgroups.ts';
import { endProcesses, findHolder } from './holder.ts';
import { restoreHostSettings } from './host-settings.ts';
import { type LabPaths, labPaths } from './lab-paths.ts';
import { registeredLabs, tidyMachine, unregisterLab } from './machine.ts';
import { removeOuterLink } from './network.ts';
import { readState } from './state.ts';

/** Removes the lab `name` with everything it made; does nothing when there is none. Caches stay. */
export async function bringDown(name: string, progress: Progress): Promise<void> {
  const paths = labPaths(name);
  await withLock(`lab ${paths.directory}`, async () => {
    if (await hasTraces(paths)) {
      await progress.step(`remove the lab ${name}`, () => removeEverything(paths));
    }
  });
}

async function hasTraces(paths: LabPaths): Promise<boolean> {
  const hasDirectory = await access(paths.directory).then(
    () => true,
    () => false,
  );
  return hasDirectory || (await findHolder(paths)) !== undefined || hasCgroups(paths.cgroup, await listHierarchies());
}

/** Ends the processes first: with them their mounts and networks go, and only files, groups and a link are left. */
export async function removeEverything(paths: LabPaths): Promise<void> {
  const state = await readState(paths);
  await endProcesses(paths);
  // Of a lab that is not entered, as after a restart of the machine, the addresses may be another's by now.
  if (state !== undefined && (await registeredLabs()).includes(paths.directory)) {
    await removeOuterLink(addressesOf(state.slot).link);
  }
  await removeCgroups(paths.cgroup, await listHierarchies());
  await runSystem(['rm', '-rf', '--one-file-system', '--', paths.directory]);
  await unregisterLab(paths);
  await restoreHostSettings();
  await tidyMachine();
}
