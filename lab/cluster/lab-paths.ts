import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { stateDirectory } from '../paths.ts';

/** The longest name: it is part of cgroup and image store paths. */
const namePattern = /^[a-z]([-a-z0-9]{0,28}[a-z0-9])?$/;

/** What a lab's own mount namespace hides from the lab: nothing of the lab may lie there. */
const hiddenDirectories = ['/run', '/var/run', '/var/log', '/proc', '/sys'];

/** Where one lab keeps everything it has; `down` removes the directory. */
export interface LabPaths {
  readonly name: string;
  readonly directory: string;
  /** What `up` decided: the slot of its addresses. */
  readonly statePath: string;
  readonly credentials: string;
  readonly adminKubeconfig: string;
  readonly logs: string;
  /** Configuration files of the node's programs. */
  readonly node: string;
  /** Directories of persistent volumes. */
  readonly volumes: string;
  /** Temporary files of the lab's programs: they are killed, so they cannot clean up after themselves. */
  readonly temporary: string;
  /** Name of its group in every cgroup hierarchy; labs of one name in different state directories have each their own. */
  readonly cgroup: string;
}

/** Paths of the lab `name`; refuses a name that cannot be part of them. */
export function labPaths(name: string): LabPaths {
  if (!namePattern.test(name)) {
    throw new RangeError(
      `lab name "${name}": use 1-30 lower-case letters, digits and dashes, starting with a letter and not ending in a dash`,
    );
  }
  const directory = stateDirectory('lab', name);
  const hidden = hiddenDirectories.find((parent) => directory.startsWith(`${parent}/`));
  if (hidden !== undefined) {
    throw new RangeError(
      `${directory} cannot hold a lab, which has a ${hidden} of its own: set XDG_STATE_HOME elsewhere`,
    );
  }
  return {
    name,
    directory,
    statePath: join(directory, 'lab.json'),
    credentials: join(directory, 'credentials'),
    adminKubeconfig: join(directory, 'credentials', 'admin.kubeconfig'),
    logs: join(directory, 'logs'),
    node: join(directory, 'node1'),
    volumes: join(directory, 'volumes'),
    temporary: join(directory, 'tmp'),
    cgroup: `ecommerce-lab-${name}-${directoryKey(directory)}`,
  };
}

/** Short, and another one for each directory. */
export function directoryKey(directory: string): string {
  return createHash('sha256').update(directory).digest('hex').slice(0, 8);
}
