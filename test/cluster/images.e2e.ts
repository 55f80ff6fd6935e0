import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { writeArchive } from '../../lab/images/archive.ts';
import { buildahCommand } from '../../lab/images/buildah.ts';
import { imageOf, preparedStages, serviceNames } from '../../lab/images/catalog.ts';
import { debianImage } from '../../lab/images/debian.ts';
import { projectRoot } from '../../lab/images/directories.ts';
import { run } from '../../lab/programs/run.ts';

const step = { detail() {}, log() {} };

/** Every file below /app with its right to run and its digest, and the node program's. */
const listFiles =
  'find app usr/local/bin -type f -printf "%m %p\\n" | sort && find app usr/local/bin -type f -exec sha256sum {} + | sort';

async function aDirectory(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ecommerce-images-e2e-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** What an ordinary builder makes of the Dockerfile, given our base and the modules as build contexts. */
async function builtByBuildah(t: ExecutionContext, target: string, service: string) {
  const work = await aDirectory(t);
  const base = join(work, 'base.tar');
  await writeArchive([{ ...(await debianImage(step)), name: 'localhost/debian:bookworm' }], base);
  const stages = Object.entries(await preparedStages());
  const contexts = await Promise.all(
    stages.map(async ([name, stage]) => `--build-context=${name}=${await stage.prepare()}`),
  );
  const args = ['--build-arg', `RUNTIME_IMAGE=oci-archive:${base}`, '--build-arg', `SERVICE=${service}`];
  const buildah = await buildahCommand(work);
  await run([
    ...buildah,
    'bud',
    '--isolation=chroot',
    ...args,
    ...contexts,
    '--target',
    target,
    '-t',
    'localhost/built',
    projectRoot,
  ]);
  const inspected = JSON.parse(await run([...buildah, 'inspect', '--type', 'image', 'localhost/built']));
  const { Labels: _labels, ...config } = inspected.OCIv1.config;
  const inNamespace = buildah.slice(0, 2);
  const program = buildah.slice(2).join(' ');
  const script = `cd "$(${program} mount "$(${program} from localhost/built)")" && ${listFiles}`;
  return { config, files: await run([...inNamespace, 'sh', '-euc', script]) };
}

async function composedByUs(t: ExecutionContext, name: string) {
  const image = await imageOf(name, step);
  const root = join(await aDirectory(t), 'root');
  await mkdir(root);
  for (const layer of image.layers) {
    await run(['tar', '--zstd', '-xf', layer.path, '-C', root]);
  }
  return { config: image.config, files: await run(['sh', '-euc', `cd ${root} && ${listFiles}`]) };
}

async function assertSame(t: ExecutionContext, target: string, name: string): Promise<void> {
  const [ours, theirs] = [await composedByUs(t, name), await builtByBuildah(t, target, name)];
  const [ourLines, theirLines] = [ours.files.split('\n'), theirs.files.split('\n')];
  const isOurs = new Set(ourLines);
  const isTheirs = new Set(theirLines);
  // Thousands of lines are equal: only the others help.
  t.deepEqual(
    ourLines.filter((line) => !isTheirs.has(line)),
    [],
    'only in the image that we composed',
  );
  t.deepEqual(
    theirLines.filter((line) => !isOurs.has(line)),
    [],
    'only in the image that buildah built',
  );
  t.deepEqual(ours.config, theirs.config);
}

test('the operator image is what a builder makes of the Dockerfile: the same files and settings', (t) =>
  assertSame(t, 'operator', 'operator'));

test('the image of a service is what a builder makes of the Dockerfile', async (t) => {
  const [name = ''] = await serviceNames();
  await assertSame(t, 'service', name);
});
