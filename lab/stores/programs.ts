/** Finds the programs of a store on this machine, and installs Debian's packages when that is allowed. */
import { execFile } from 'node:child_process';
import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { repairServiceStarts, withoutServiceStarts } from '../programs/service-starts.ts';

const run = promisify(execFile);

/** Where a program may be, and which Debian package brings it. */
export interface ProgramSource {
  readonly debianPackage: string;
  /** Folders beside PATH, best first. */
  readonly folders: () => Promise<readonly string[]>;
}

/** Debian keeps PostgreSQL's server programs outside PATH, one folder per major version; the newest wins. */
export const postgresPrograms: ProgramSource = {
  debianPackage: 'postgresql-15',
  folders: async () => {
    const root = '/usr/lib/postgresql';
    const versions = await readdir(root).catch(() => []);
    return versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(root, version, 'bin'));
  },
};

export const redisPrograms: ProgramSource = { debianPackage: 'redis-server', folders: async () => [] };

/**
 * Absolute path of `program`. Installs the Debian package when it is missing and this is root on a Debian-like machine;
 * otherwise the error names the package to install.
 */
export async function findProgram(program: string, source: ProgramSource): Promise<string> {
  await repairServiceStarts();
  const found = await locate(program, source);
  if (found !== undefined) return found;
  const failure = await installPackage(source.debianPackage);
  const installed = await locate(program, source);
  if (installed !== undefined) return installed;
  throw new Error(
    `${program} is not on this machine: install the package ${source.debianPackage} or put the program on PATH` +
      (failure === undefined ? '' : ` (installing it failed: ${failure})`),
  );
}

async function locate(program: string, source: ProgramSource): Promise<string | undefined> {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of [...onPath, ...(await source.folders()), '/usr/sbin']) {
    const path = join(folder, program);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Installs without starting anything; returns what went wrong, or nothing. The caller judges by the program being there. */
async function installPackage(name: string): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'only root can install packages';
  if (!(await isExecutable('/usr/bin/apt-get'))) return 'this machine has no apt-get';
  return withoutServiceStarts(async () => {
    const clustersBefore = await defaultClusters();
    const failure = await aptInstall(name);
    await dropNewClusters(clustersBefore);
    return failure;
  });
}

async function aptInstall(name: string): Promise<string | undefined> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = ['-q', '-o', 'DPkg::Lock::Timeout=300'];
  const install = () => run('apt-get', [...apt, 'install', '-y', '--no-install-recommends', name], { env });
  try {
    await install();
    return undefined;
  } catch {
    // A fresh machine has no package lists: fetch them once and try again.
  }
  try {
    await run('apt-get', [...apt, 'update'], { env });
    await install();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.split('\n').slice(-4).join(' ').trim() : String(error);
  }
}

async function defaultClusters(): Promise<readonly string[]> {
  return readdir('/etc/postgresql').catch(() => []);
}

/** Debian's postgresql creates a cluster named main; one that was not there before is removed again. */
async function dropNewClusters(before: readonly string[]): Promise<void> {
  for (const version of await defaultClusters()) {
    if (!before.includes(version)) await run('pg_dropcluster', ['--stop', version, 'main']).catch(() => undefined);
  }
}
