import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ensureCgroups,
  type Hierarchy,
  joinSystemGroup,
  listHierarchies,
  removeCgroups,
} from '../../lab/cluster/cgroups.ts';

/** Where this process is among the scheduler's groups, until it is disposed of. */
export interface SchedulerGroup extends AsyncDisposable {
  /** For the report: what holds of priorities. */
  readonly note: string;
}

/**
 * Puts this process, and all that it starts from now on, into one group of the scheduler, as a container is one. Outside of all groups
 * Linux makes one of every session (sched(7), autogroup), and a priority counts only inside of one: each connection of PostgreSQL is
 * a session, so a thread of the lowest priority in a service is there as important as the database.
 */
export async function joinOneGroup(): Promise<SchedulerGroup> {
  if (!(await areSessionsGroups())) {
    return { note: 'Priorities count among all processes here.', [Symbol.asyncDispose]: async () => {} };
  }
  const group = `ecommerce-stack-bench-${process.pid}`;
  const hierarchies = (await listHierarchies()).filter(isAboutProcessors);
  await using undo = new AsyncDisposableStack();
  undo.defer(() => removeCgroups(group, hierarchies));
  try {
    await ensureCgroups(group, hierarchies);
    // Not before: whoever may not make groups may not write into the outermost one either.
    undo.defer(() => leaveGroups(hierarchies));
    await joinSystemGroup(group, process.pid, hierarchies);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      note: `Each session is a group of the scheduler here, and priorities count only inside of one: ${reason}.`,
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const owned = undo.move();
  return {
    note: 'All processes are one group of the scheduler, as a container is: priorities count among them.',
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** True where autogroups are on and this process is in no group of its own. */
async function areSessionsGroups(): Promise<boolean> {
  const enabled = await readFile('/proc/sys/kernel/sched_autogroup_enabled', 'utf8').catch(() => '0');
  return enabled.trim() === '1' && isOutsideGroups(await readFile('/proc/self/cgroup', 'utf8'));
}

/** By the text of /proc/self/cgroup (cgroups(7)): the `cpu` hierarchy of version 1 decides, else version 2. */
export function isOutsideGroups(text: string): boolean {
  const places = text
    .trim()
    .split('\n')
    .map((line) => line.split(':'));
  const place = places.find(([, controllers = '']) => controllers.split(',').includes('cpu')) ?? places.at(-1);
  return place?.slice(2).join(':') === '/';
}

function isAboutProcessors({ controllers, version }: Hierarchy): boolean {
  return version === 2 || controllers.includes('cpu');
}

async function leaveGroups(hierarchies: readonly Hierarchy[]): Promise<void> {
  for (const { mountPoint } of hierarchies) {
    await writeFile(join(mountPoint, 'cgroup.procs'), String(process.pid));
  }
}
