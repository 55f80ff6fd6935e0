import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuiltImage } from '../images/build.ts';
import { serviceNames } from '../images/catalog.ts';
import { projectRoot } from '../images/directories.ts';
import { run } from '../programs/run.ts';
import { makeTemporaryDirectory } from '../programs/scratch.ts';
import type { Cluster, Progress } from '../provider.ts';
import { inspectMachine } from './choose.ts';
import { importChanged } from './imported-images.ts';
import { operatorName } from './names.ts';
import type { Supply } from './supply.ts';

/** Images made by a Docker engine from the root Dockerfile, on the official base images. */
export interface DockerSupply {
  readonly names?: readonly string[];
  readonly version: string;
  /** Before the image's name; the nodes pull from it when `delivery` is `push`. */
  readonly registry: string;
  readonly delivery: 'import' | 'push';
}

/** The server's major version of the root Dockerfile's target `postgres`. */
const postgresVersion = '17';

/**
 * Builds with `docker build` and loads the result into the cluster or pushes it. Without Docker a pushed image is taken
 * to be in the registry already: somebody's CI put it there. Redis is the official image, which the nodes pull.
 */
export async function supplyByDocker(cluster: Cluster, supply: DockerSupply, progress: Progress): Promise<Supply> {
  const names = supply.names ?? ['operator', ...(await serviceNames()), 'postgres'];
  const builds = names.map((name) => dockerBuild(name, supply));
  const { hasDocker } = await inspectMachine();
  if (!hasDocker && supply.delivery === 'push') {
    progress.note(`no Docker engine here: the images must be in ${supply.registry} already`);
    return { changed: builds.map(({ reference }) => reference), values: valuesOf(names, supply, supply.version) };
  }
  const images: Omit<BuiltImage, 'archivePath'>[] = [];
  for (const build of builds) {
    images.push(await progress.step(`image ${build.reference}`, () => buildOne(build)));
  }
  const changed = await (supply.delivery === 'push' ? push(images, progress) : load(cluster, images, progress));
  const operatorTag = images[names.indexOf('operator')]?.name.split(':').at(-1) ?? '';
  return { changed, values: valuesOf(names, supply, operatorTag) };
}

/** How one image is built. */
export interface DockerBuild {
  readonly reference: string;
  readonly argv: readonly string[];
  /** The tag is added after the build: the first digits of the image's id. */
  readonly isTaggedByContent: boolean;
}

/** The command line that builds one image; the operator's reference still lacks its tag. */
export function dockerBuild(name: string, { registry, version }: Omit<DockerSupply, 'delivery'>): DockerBuild {
  const [target, image] =
    name === 'operator'
      ? ['operator', operatorName]
      : name === 'postgres'
        ? ['postgres', `ecommerce-postgres:${postgresVersion}`]
        : ['service', `${name}-service:${version}`];
  const reference = `${registry}/${image}`;
  const args = target === 'service' ? ['--build-arg', `SERVICE=${name}`] : [];
  return {
    reference,
    argv: ['docker', 'build', '--quiet', '--target', target, ...args, '--tag', reference, projectRoot],
    isTaggedByContent: name === 'operator',
  };
}

async function buildOne(build: DockerBuild): Promise<Omit<BuiltImage, 'archivePath'>> {
  // `--quiet` prints the image's id, which is the digest of its configuration and so of its content.
  const key = (await run(build.argv)).trim();
  if (!build.isTaggedByContent) {
    return { name: build.reference, key };
  }
  const name = `${build.reference}:${key.replace('sha256:', '').slice(0, 12)}`;
  await run(['docker', 'tag', key, name]);
  return { name, key };
}

async function push(
  images: readonly Omit<BuiltImage, 'archivePath'>[],
  progress: Progress,
): Promise<readonly string[]> {
  for (const { name } of images) {
    await progress.step(`push ${name}`, () => run(['docker', 'push', '--quiet', name]));
  }
  return images.map(({ name }) => name);
}

async function load(
  cluster: Cluster,
  images: readonly Omit<BuiltImage, 'archivePath'>[],
  progress: Progress,
): Promise<readonly string[]> {
  const directory = await makeTemporaryDirectory('images');
  try {
    return await progress.step('import images', async () => {
      const archivePath = join(directory, 'images.tar');
      await run(['docker', 'save', '--output', archivePath, ...images.map(({ name }) => name)]);
      return importChanged(
        cluster,
        images.map((image) => ({ ...image, archivePath })),
      );
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function valuesOf(names: readonly string[], { registry }: DockerSupply, operatorTag: string): Supply['values'] {
  return names.includes('operator')
    ? {
        image: { repository: `${registry}/${operatorName}`, tag: operatorTag, pullPolicy: 'IfNotPresent' },
        defaults: { registry, images: {}, versions: { postgres: postgresVersion } },
      }
    : undefined;
}
