import { createHash } from 'node:crypto';
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pruneEntries, touch } from '../images/cache-entry.ts';
import { cacheDirectory } from '../paths.ts';
import { withLock } from '../programs/lock.ts';
import { run } from '../programs/run.ts';
import type { Progress } from '../provider.ts';
import { goCommand, goEnvironment, goVersion } from './go-compiler.ts';

/** Every program that the one binary of `lab/kubelab` is, by the name it is started under. */
const kubelabPrograms = [
  'coredns',
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-proxy',
  'kube-scheduler',
  'kubectl',
  'kubelet',
  'metrics-server',
];

/** The programs of a build in use stay readable for those who run them; its log counts as well. */
const keptBuilds = 6;

const sourceDirectory = join(import.meta.dirname, '..', 'kubelab');

/** The directory of kubelab's programs when they are built already; undefined otherwise. Costs one run of `go env`. */
export async function findBuiltKubelab(): Promise<string | undefined> {
  const directory = await outputDirectory().catch(() => undefined);
  return directory !== undefined && (await isUsable(directory)) ? directory : undefined;
}

/**
 * The directory of kubelab's programs, built when needed (about five minutes on two cores; later builds take seconds).
 * Builders that come at the same time wait for the first and use its result.
 */
export async function buildKubelab(progress: Progress): Promise<string> {
  const directory = await outputDirectory();
  if (await isUsable(directory)) {
    return directory;
  }
  return progress.step('build the Kubernetes programs (lab/kubelab)', (step) =>
    withLock(
      directory,
      async () => {
        if (!(await isUsable(directory))) {
          step.detail('go build; minutes the first time');
          await build(directory, (logPath) => step.log(logPath));
        }
        return directory;
      },
      () => step.detail('waiting for another process that builds them'),
    ),
  );
}

async function build(directory: string, onLog: (path: string) => void): Promise<void> {
  const parent = dirname(directory);
  await mkdir(parent, { recursive: true });
  const logPath = join(parent, `${basename(directory)}.log`);
  onLog(logPath);
  const temporary = await mkdtemp(join(parent, 'building-'));
  const scratch = join(temporary, 'scratch');
  try {
    await mkdir(scratch);
    const build = goBuildCommand(await kubernetesVersion());
    // A build whose starter was killed would go on for minutes, for nobody.
    const options = {
      cwd: sourceDirectory,
      env: { ...goEnvironment, GOTMPDIR: scratch },
      logPath,
      endsWithParent: true,
    };
    await run([...build, '-o', join(temporary, 'kubelab'), '.'], options);
    await run([...build, '-o', join(temporary, 'pause'), './pause'], options);
    await Promise.all(kubelabPrograms.map((name) => symlink('kubelab', join(temporary, name))));
    await rm(scratch, { recursive: true });
    await chmod(temporary, 0o755);
    await rename(temporary, directory);
    await pruneEntries(parent, keptBuilds);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

function goBuildCommand(version: string): readonly string[] {
  const [major = '', minor = ''] = version.replace(/^v/, '').split('.');
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  const facts = [`gitVersion=${version}`, `gitMajor=${major}`, `gitMinor=${minor}`, 'gitTreeState=clean'];
  const variables = packages.flatMap((name) => facts.map((fact) => `-X ${name}.${fact}`));
  const flags = ['-mod=readonly', '-p', '2', '-trimpath', '-ldflags', ['-s -w', ...variables].join(' ')];
  return [...goCommand, 'build', ...flags];
}

/** The version of Kubernetes that kubelab is made of, for example `v1.36.3`. */
export async function kubernetesVersion(): Promise<string> {
  const goMod = await readFile(join(sourceDirectory, 'go.mod'), 'utf8');
  const version = /^\s*k8s\.io\/kubernetes (v\S+)$/m.exec(goMod)?.[1];
  if (version === undefined) {
    throw new Error(`${join(sourceDirectory, 'go.mod')} requires no k8s.io/kubernetes version`);
  }
  return version;
}

/** Keyed by everything that decides the binary: sources, pinned modules, compiler and platform. */
async function outputDirectory(): Promise<string> {
  const names = (await readdir(sourceDirectory, { recursive: true })).filter(isSource).sort();
  const hash = createHash('sha256');
  for (const name of names) {
    const content = await readFile(join(sourceDirectory, name));
    hash.update(`${name} ${content.length}\n`).update(content);
  }
  const key = `${hash.digest('hex').slice(0, 16)}-${await goVersion()}-${platform()}-${arch()}`;
  return cacheDirectory('kubelab', key);
}

function isSource(path: string): boolean {
  return /(^|\/)go\.(mod|sum)$|\.go$/.test(path) && !path.endsWith('_test.go');
}

/** Marks the build as used now, so that it is not taken for an old one; its files keep their times, which name them elsewhere. */
async function isUsable(directory: string): Promise<boolean> {
  const isBuilt = await access(join(directory, 'kubelab')).then(
    () => true,
    () => false,
  );
  return isBuilt && touch(directory);
}
