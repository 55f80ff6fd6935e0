import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Progress } from '../provider.ts';
import { runSystem, succeeds, systemPath } from './run.ts';
import { repairServiceStarts, withoutServiceStarts } from './service-starts.ts';

/** Programs of the system that the lab uses, by the Debian package that has them. */
const programsOf = {
  containerd: ['containerd', 'containerd-shim-runc-v2', 'ctr'],
  runc: ['runc'],
  nftables: ['nft'],
  iproute2: ['ip'],
  'util-linux': ['nsenter', 'unshare', 'setsid', 'setpriv'],
  buildah: ['buildah'],
  mmdebstrap: ['mmdebstrap'],
} as const;

/** Where distributions put the network plugins of containers. */
const cniDirectories = ['/usr/lib/cni', '/usr/libexec/cni', '/opt/cni/bin'];

/** A package that {@link ensureSystemPackages} knows. */
export type SystemPackage = keyof typeof programsOf | 'containernetworking-plugins' | 'busybox-static' | 'libjemalloc2';

/** What a node of the lab needs. */
export const nodePackages: readonly SystemPackage[] = [
  'util-linux',
  'iproute2',
  'nftables',
  'containerd',
  'runc',
  'containernetworking-plugins',
  'busybox-static',
];

/** What makes the images of the lab. */
export const imagePackages: readonly SystemPackage[] = ['mmdebstrap', 'buildah'];

/** What the images of operator and services load, for running their programs outside of them. */
export const allocatorPackages: readonly SystemPackage[] = ['libjemalloc2'];

/**
 * Resolves when every package's programs are there: missing ones are installed when this is root on Debian or Ubuntu, and
 * none of their services is started.
 */
export async function ensureSystemPackages(packages: readonly SystemPackage[], progress: Progress): Promise<void> {
  await repairServiceStarts();
  const missing = await findMissing(packages);
  if (missing.length === 0) {
    return;
  }
  if (process.getuid?.() !== 0 || !(await succeeds(['apt-get', '--version']))) {
    throw new Error(
      `missing system packages: ${missing.join(', ')}. Install them (Debian and Ubuntu: sudo apt-get install ${missing.join(' ')}; ` +
        'elsewhere the packages with the same programs) and run again.',
    );
  }
  await progress.step(`install ${missing.join(', ')}`, () => withoutServiceStarts(() => aptInstall(missing)));
  const stillMissing = await findMissing(missing);
  if (stillMissing.length > 0) {
    throw new Error(`apt-get installed ${stillMissing.join(', ')}, but their programs are not in ${systemPath()}`);
  }
}

async function aptInstall(packages: readonly string[]): Promise<void> {
  const options = ['-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];
  const install = () =>
    runSystem(['apt-get', 'install', ...options, ...packages], { env: { DEBIAN_FRONTEND: 'noninteractive' } });
  // A fresh machine has no package lists yet.
  await install().catch(async () => {
    await runSystem(['apt-get', 'update', '-q', '-o', 'DPkg::Lock::Timeout=120']);
    await install();
  });
}

async function findMissing(packages: readonly SystemPackage[]): Promise<readonly SystemPackage[]> {
  const present = await Promise.all(packages.map(isPresent));
  return packages.filter((_name, index) => present[index] !== true);
}

async function isPresent(name: SystemPackage): Promise<boolean> {
  if (name === 'containernetworking-plugins') {
    return (await findCniDirectory()) !== undefined;
  }
  if (name === 'busybox-static') {
    return (await findStaticBusybox()) !== undefined;
  }
  if (name === 'libjemalloc2') {
    return (await runSystem(['ldconfig', '-p']).catch(() => '')).includes('libjemalloc.so.2 ');
  }
  const found = await Promise.all(programsOf[name].map(findInPath));
  return found.every((path) => path !== undefined);
}

/** The directory of the network plugins, or undefined when they are not installed. */
export async function findCniDirectory(): Promise<string | undefined> {
  for (const directory of cniDirectories) {
    if (await isExecutable(join(directory, 'bridge'))) {
      return directory;
    }
  }
  return undefined;
}

/** A busybox that runs without the C library of the machine, as the only file of an image. */
export async function findStaticBusybox(): Promise<string | undefined> {
  const path = await findInPath('busybox');
  return path !== undefined && (await isStaticallyLinked(path)) ? path : undefined;
}

async function findInPath(program: string): Promise<string | undefined> {
  for (const directory of systemPath().split(delimiter)) {
    const path = join(directory, program);
    if (await isExecutable(path)) {
      return path;
    }
  }
  return undefined;
}

/** True for a 64-bit ELF file that names no interpreter (program header PT_INTERP, elf(5)). */
async function isStaticallyLinked(path: string): Promise<boolean> {
  await using file = await open(path);
  const head = Buffer.alloc(4096);
  await file.read(head, 0, head.length, 0);
  if (head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2) {
    return false;
  }
  const [offset, size, count] = [Number(head.readBigUInt64LE(32)), head.readUInt16LE(54), head.readUInt16LE(56)];
  const types = Array.from({ length: count }, (_, index) => head.readUInt32LE(offset + index * size));
  return !types.includes(3);
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
