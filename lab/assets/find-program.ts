import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { run } from '../programs/run.ts';
import { silentProgress } from '../progress.ts';
import type { Progress } from '../provider.ts';
import { buildKubelab, findBuiltKubelab } from './kubelab.ts';

/** The programs of a control plane, which may come from elsewhere than our own build. */
export type ControlPlaneProgram = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kubectl';

/** Where {@link findPrograms} looks besides the cache; a parameter so that the order can be tested. */
export interface ProgramSources {
  readonly env: NodeJS.ProcessEnv;
  readonly findCached: () => Promise<string | undefined>;
  readonly build: (progress: Progress) => Promise<string>;
  /** What the program says about its version. */
  readonly readVersion: (path: string) => Promise<string>;
}

const realSources: ProgramSources = {
  env: process.env,
  findCached: findBuiltKubelab,
  build: buildKubelab,
  readVersion: (path) => run([path, path.endsWith('kubectl') ? 'version' : '--version', ...clientOnly(path)]),
};

const clientOnly = (path: string) => (path.endsWith('kubectl') ? ['--client'] : []);

/** What a program found in PATH must at least be: the oldest release that the operator supports. */
const oldestUsable: Readonly<Record<ControlPlaneProgram, readonly [major: number, minor: number]>> = {
  etcd: [3, 5],
  'kube-apiserver': [1, 34],
  'kube-controller-manager': [1, 34],
  'kube-scheduler': [1, 34],
  kubectl: [1, 34],
};

/**
 * Paths of control-plane programs: each from `TEST_ASSET_<NAME>`, `KUBEBUILDER_ASSETS`, our cache, or PATH when it is
 * new enough there; what is then missing is built. Rejects with one error that names everything that is missing.
 */
export async function findPrograms<Name extends ControlPlaneProgram>(
  names: readonly Name[],
  progress: Progress = silentProgress,
  sources: ProgramSources = realSources,
): Promise<Readonly<Record<Name, string>>> {
  const found = new Map<Name, string>();
  for (const name of names) {
    const path = await findProgram(name, sources);
    if (path !== undefined) {
      found.set(name, path);
    }
  }
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0) {
    const directory = await sources.build(progress).catch((error: unknown) => {
      throw new Error(explainMissing(missing), { cause: error });
    });
    for (const name of missing) {
      found.set(name, join(directory, name));
    }
  }
  // `as`: every name was just given a path.
  return Object.fromEntries(found) as Record<Name, string>;
}

async function findProgram(name: ControlPlaneProgram, sources: ProgramSources): Promise<string | undefined> {
  const named = await findNamed(name, sources.env);
  if (named !== undefined) {
    return named;
  }
  const cache = await sources.findCached();
  return cache !== undefined ? join(cache, name) : findInPath(name, sources);
}

async function findNamed(name: ControlPlaneProgram, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const variable = `TEST_ASSET_${name.toUpperCase().replaceAll('-', '_')}`;
  const path = env[variable];
  if (path !== undefined && path !== '') {
    if (!(await isExecutable(path))) {
      throw new Error(`${variable}=${path}: no such program; unset it or name one that can be run`);
    }
    return path;
  }
  const directory = env['KUBEBUILDER_ASSETS'];
  if (directory === undefined || directory === '') {
    return undefined;
  }
  // The published asset archives hold no controller-manager and no scheduler: those are looked for further on.
  const candidate = join(directory, name);
  return (await isExecutable(candidate)) ? candidate : undefined;
}

async function findInPath(name: ControlPlaneProgram, sources: ProgramSources): Promise<string | undefined> {
  const directories = (sources.env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  for (const directory of directories) {
    const candidate = join(directory, name);
    if ((await isExecutable(candidate)) && (await isNewEnough(name, candidate, sources))) {
      return candidate;
    }
  }
  return undefined;
}

async function isNewEnough(name: ControlPlaneProgram, path: string, sources: ProgramSources): Promise<boolean> {
  const said = await sources.readVersion(path).catch(() => '');
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)\.\d+/.exec(said) ?? [];
  const [oldestMajor, oldestMinor] = oldestUsable[name];
  return Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor);
}

function explainMissing(names: readonly ControlPlaneProgram[]): string {
  return (
    `missing ${names.join(', ')}: neither TEST_ASSET_*, KUBEBUILDER_ASSETS, the cache nor PATH has a usable one, ` +
    'and building lab/kubelab failed. Install Go 1.26 or set KUBEBUILDER_ASSETS to a directory that has them.'
  );
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
