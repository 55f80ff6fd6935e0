import { access, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '../control-plane/wait.ts';

const removeTimeoutMs = 10_000;

/** A mounted cgroup hierarchy. */
export interface Hierarchy {
  readonly mountPoint: string;
  readonly version: 1 | 2;
  /** Of version 1: what the hierarchy controls, for example `cpuset`. */
  readonly controllers: readonly string[];
}

/** The cgroup hierarchies of this machine, read from the text of /proc/self/mountinfo (proc(5)). */
export function parseHierarchies(mountInfo: string): readonly Hierarchy[] {
  return mountInfo.split('\n').flatMap((line): readonly Hierarchy[] => {
    const [before = '', after = ''] = line.split(' - ');
    const [type, , superOptions = ''] = after.split(' ');
    const mountPoint = before.split(' ')[4];
    if (mountPoint === undefined || (type !== 'cgroup' && type !== 'cgroup2')) {
      return [];
    }
    return type === 'cgroup2'
      ? [{ mountPoint, version: 2, controllers: [] }]
      : [{ mountPoint, version: 1, controllers: superOptions.split(',').filter((option) => option !== 'rw') }];
  });
}

/** The hierarchies of this machine. */
export async function listHierarchies(): Promise<readonly Hierarchy[]> {
  return parseHierarchies(await readFile('/proc/self/mountinfo', 'utf8'));
}

/** Group of a lab's own programs, beside `kubepods`, which the kubelet makes: what `system.slice` is on a node with systemd. */
const systemGroup = 'system';

/** Weights of processor time (cgroups(7)): that of a process outside all groups, and the highest that the kernel takes. */
const weights = {
  1: { file: 'cpu.shares', one: 1024, most: 262_144 },
  2: { file: 'cpu.weight', one: 100, most: 10_000 },
} as const;

/**
 * Makes a group in every hierarchy for one lab, ready for a kubelet to make its own groups below it. The lab has processor time
 * as a node has: a share for each processor for its pods, which else would count as one process together, and as much for the
 * lab's own programs, which have machines of their own in other clusters.
 */
export async function ensureCgroups(group: string, hierarchies: readonly Hierarchy[]): Promise<void> {
  for (const hierarchy of hierarchies) {
    const directory = join(hierarchy.mountPoint, group);
    if (hierarchy.version === 2) {
      // Beside version 1 (hybrid) it has no controllers and there is nothing to pass on.
      await passControllersOn(hierarchy.mountPoint);
      await mkdir(directory, { recursive: true });
      await passControllersOn(directory);
    } else {
      await mkdir(directory, { recursive: true });
      await inheritCpuset(hierarchy, directory);
    }
    if (await sharesProcessors(hierarchy)) {
      await shareProcessors(hierarchy, directory);
    }
  }
}

async function shareProcessors({ version }: Hierarchy, directory: string): Promise<void> {
  const { file, most, one } = weights[version];
  const ofPods = one * availableParallelism();
  const programs = join(directory, systemGroup);
  await mkdir(programs, { recursive: true });
  await writeFile(join(directory, file), String(Math.min(2 * ofPods, most)));
  await writeFile(join(programs, file), String(Math.min(ofPods, most)));
}

/** Puts a process of this machine, one of the lab's own programs, into the lab's group for them. */
export async function joinSystemGroup(group: string, pid: number, hierarchies: readonly Hierarchy[]): Promise<void> {
  for (const hierarchy of hierarchies) {
    if (await sharesProcessors(hierarchy)) {
      await writeFile(join(hierarchy.mountPoint, group, systemGroup, 'cgroup.procs'), String(pid));
    }
  }
}

async function sharesProcessors({ controllers, mountPoint, version }: Hierarchy): Promise<boolean> {
  return version === 1
    ? controllers.includes('cpu')
    : (await readFile(join(mountPoint, 'cgroup.controllers'), 'utf8')).split(/\s+/).includes('cpu');
}

/** Version 2: a group's children have only the controllers that it passes on. */
async function passControllersOn(directory: string): Promise<void> {
  const available = (await readFile(join(directory, 'cgroup.controllers'), 'utf8')).split(/\s+/).filter(Boolean);
  const control = join(directory, 'cgroup.subtree_control');
  const passedOn = (await readFile(control, 'utf8')).split(/\s+/);
  const missing = available.filter((name) => !passedOn.includes(name));
  if (missing.length === 0) {
    return;
  }
  await writeFile(control, missing.map((name) => `+${name}`).join(' ')).catch((cause: unknown) => {
    throw new Error(
      `${control} does not take ${missing.join(', ')}: in a container, first move its processes out of the root group ` +
        '(cgroups v2 allows no processes beside groups with controllers)',
      { cause },
    );
  });
}

/** Version 1: a new cpuset is empty, and no process may enter it before it has processors and memory nodes. */
async function inheritCpuset({ controllers, mountPoint }: Hierarchy, directory: string): Promise<void> {
  if (controllers.includes('cpuset')) {
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      await writeFile(join(directory, file), await readFile(join(mountPoint, file)));
    }
  }
}

/** Removes the groups of one lab, whose processes have ended; does nothing when there are none. */
export async function removeCgroups(group: string, hierarchies: readonly Hierarchy[]): Promise<void> {
  for (const { mountPoint } of hierarchies) {
    const directory = join(mountPoint, group);
    // The kernel may need a moment to let go of a group whose last process just ended.
    await waitFor(`the control group ${directory} is removed`, () => removeTree(directory), {
      timeoutMs: removeTimeoutMs,
    });
  }
}

async function removeTree(directory: string): Promise<boolean> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((candidate) => candidate.isDirectory())) {
    await removeTree(join(directory, entry.name));
  }
  await rmdir(directory).catch((error: unknown) => {
    // `as`: errors of node:fs carry a code.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error;
    }
  });
  return true;
}

/** True when a group of this name exists in some hierarchy. */
export async function hasCgroups(group: string, hierarchies: readonly Hierarchy[]): Promise<boolean> {
  const found = await Promise.all(
    hierarchies.map(({ mountPoint }) =>
      access(join(mountPoint, group)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
