/**
 * Copies the packages that a shipped image needs, and nothing else, out of an installed node_modules:
 *
 *     node scripts/image-modules.ts services|operator <output directory>
 *
 * The Dockerfile runs it after `npm install`, the lab on the checkout's own node_modules; both get the same files, because
 * what is copied follows from package-lock.json alone. It imports nothing that is not part of Node, so that it runs
 * before anything is installed.
 */
import { copyFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { keepOneLanguage, standInFor, standIns, writeStandIns } from './image-stand-ins.ts';

/** The packages that each image's sources import themselves: the only list of them (a test compares it with the imports). */
export const importedPackages = {
  services: ['ioredis', 'jose', 'kafkajs', 'koa', 'pg', 'pino', 'prom-client', 'undici', 'zod'],
  operator: [
    '@dot-i/k8s-operator',
    '@kubernetes/client-node',
    'ioredis',
    'kafkajs',
    'pg',
    'pino',
    'prom-client',
    'typebox',
    'undici',
    'yaml',
  ],
} as const;

/** The images that have packages of their own. */
export type ModuleSet = keyof typeof importedPackages;

interface LockedPackage {
  readonly version?: string;
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** `packages` of a package-lock.json of version 3: path in node_modules to package. */
export type LockedPackages = Readonly<Record<string, LockedPackage>>;

/**
 * Paths (`node_modules/…`) of the packages and of all that they need, sorted. A missing optional or peer package is
 * left out; any other missing one is an error, since the image would not start.
 */
export function modulePaths(locked: LockedPackages, names: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const waiting = names.map((name) => required(locked, '', name));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (!found.has(path)) {
      found.add(path);
      waiting.push(...dependenciesOf(locked, path));
    }
  }
  return [...found].sort();
}

function dependenciesOf(locked: LockedPackages, path: string): readonly string[] {
  const { dependencies, optionalDependencies, peerDependencies } = locked[path] ?? {};
  const optional = Object.keys({ ...optionalDependencies, ...peerDependencies });
  return [
    ...Object.keys(dependencies ?? {})
      .filter((name) => path !== `node_modules/${standInFor}` || standIns[name] === undefined)
      .map((name) => required(locked, path, name)),
    ...optional.map((name) => resolveFrom(locked, path, name)).filter((dependency) => dependency !== undefined),
  ];
}

function required(locked: LockedPackages, from: string, name: string): string {
  const path = resolveFrom(locked, from, name);
  if (path === undefined) {
    throw new Error(
      `${from || 'importedPackages'} needs "${name}", which package-lock.json does not have: npm install it`,
    );
  }
  return path;
}

/** As Node resolves: the nearest node_modules on the way up. */
function resolveFrom(locked: LockedPackages, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (locked[path] !== undefined) {
      return path;
    }
    if (folder === '') {
      return undefined;
    }
  }
}

const droppedFiles = /\.([cm]?ts|map|md|markdown|flow|tsbuildinfo|bare)$/;
/** At the top of a package only: deeper such folders may be code. */
const droppedFolders = new Set(['test', 'tests', 'docs', 'doc', 'benchmark', 'benchmarks', 'examples', '.github']);

/**
 * Type declarations, source maps, documentation, tests and libraries for the Bare runtime have no place in an image.
 * `path` is relative to the package.
 */
export function isShipped(path: string): boolean {
  const [top = ''] = path.split('/');
  return !droppedFolders.has(top) && !droppedFiles.test(basename(path)) && !path.split('/').includes('node_modules');
}

/** Copies the packages of one image from `root`/node_modules to `output`, which is replaced. */
export async function copyModules(root: string, set: ModuleSet, output: string): Promise<void> {
  const locked = await readLock(join(root, 'package-lock.json'));
  const installed = await readLock(join(root, 'node_modules/.package-lock.json'));
  await rm(output, { recursive: true, force: true });
  for (const path of modulePaths(locked, importedPackages[set])) {
    if (installed[path] !== undefined || locked[path]?.optional !== true) {
      assertInstalled(path, locked[path]?.version, installed[path]?.version);
      await copyPackage(join(root, path), join(output, relative('node_modules', path)));
    }
  }
  await (set === 'operator' ? writeStandIns(output) : keepOneLanguage(output));
}

function assertInstalled(path: string, wanted: string | undefined, found: string | undefined): void {
  if (wanted !== found) {
    throw new Error(`${path}: ${found ?? 'nothing'} is installed, package-lock.json says ${wanted}: run make setup`);
  }
}

async function copyPackage(source: string, target: string): Promise<void> {
  for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
    const path = relative(source, join(entry.parentPath, entry.name));
    if (entry.isFile() && isShipped(path)) {
      await mkdir(dirname(join(target, path)), { recursive: true });
      await copyFile(join(source, path), join(target, path));
    }
  }
}

async function readLock(path: string): Promise<LockedPackages> {
  // `as`: npm writes this file, and its format is fixed by lockfileVersion 3.
  const { packages } = JSON.parse(await readFile(path, 'utf8')) as { packages: LockedPackages };
  return packages;
}

function isModuleSet(text: string | undefined): text is ModuleSet {
  return text !== undefined && Object.hasOwn(importedPackages, text);
}

if (import.meta.main) {
  const [set, output] = process.argv.slice(2);
  if (!isModuleSet(set) || output === undefined) {
    throw new Error(
      `usage: node scripts/image-modules.ts ${Object.keys(importedPackages).join('|')} <output directory>`,
    );
  }
  await copyModules(dirname(import.meta.dirname), set, output);
}
