import { copyFile, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  copyModules,
  importedPackages,
  type LockedPackages,
  type ModuleSet,
  modulePaths,
} from '../../scripts/image-modules.ts';
import { run } from '../programs/run.ts';
import type { Step } from '../provider.ts';
import { buildahImage } from './buildah.ts';
import { cacheEntry } from './cache-entry.ts';
import { composeImage, type PreparedStage } from './compose.ts';
import { contentKey, filesKey } from './content-key.ts';
import { listFiles, readDockerignore } from './context-files.ts';
import { debianImage } from './debian.ts';
import { imagesDirectory, projectRoot } from './directories.ts';
import { parseDockerfile } from './dockerfile.ts';
import { elasticsearchImage, elasticsearchVersion } from './elasticsearch.ts';
import type { Image } from './image.ts';
import { kafkaImage } from './kafka.ts';

/** References of the images of the stores; the lab has the versions that Debian has, or that are published as jars. */
export const storeImages = {
  postgres: 'localhost/postgres:15',
  redis: 'localhost/redis:7.0',
  kafka: 'localhost/kafka:4.3.1',
  elasticsearch: `localhost/elasticsearch:${elasticsearchVersion}`,
} as const;

/** A store that the lab has an image of. */
export type StoreImage = keyof typeof storeImages;

/** Names of the services in this checkout: the folders of services/ that have a main.ts. */
export async function serviceNames(): Promise<readonly string[]> {
  const folder = join(projectRoot, 'services');
  const names = (await readdir(folder)).sort();
  const found = await Promise.all(names.map((name) => stat(join(folder, name, 'main.ts')).catch(() => undefined)));
  return names.filter((_name, index) => found[index] !== undefined);
}

/** Names that {@link imageOf} knows: `operator`, each service, each store. */
export async function imageNames(): Promise<readonly string[]> {
  return ['operator', ...(await serviceNames()), ...Object.keys(storeImages)];
}

/** The image of one name, made or taken from the cache. */
export async function imageOf(name: string, step: Step): Promise<Image> {
  const base = await debianImage(step);
  if (name === 'kafka') {
    return kafkaImage(base, step);
  }
  if (name === 'elasticsearch') {
    return elasticsearchImage(base, step);
  }
  if (isStore(name)) {
    return buildahImage({ name, directory: join(projectRoot, 'lab/images', name), base, step });
  }
  const names = await serviceNames();
  if (name !== 'operator' && !names.includes(name)) {
    throw new Error(`no image is named "${name}"; there are ${(await imageNames()).join(', ')}`);
  }
  return shippedImage(name, base);
}

/** True for the name of a store. */
export function isStore(name: string): name is StoreImage {
  return Object.hasOwn(storeImages, name);
}

/** The stages of the root Dockerfile that the lab makes without running anything in a container, by name. */
export async function preparedStages(): Promise<Readonly<Record<string, PreparedStage>>> {
  return {
    node: await nodeStage(),
    'operator-modules': await modulesStage('operator'),
    'service-modules': await modulesStage('services'),
    'operator-program': await programStage(['services/contracts', 'operator']),
    'service-program': await programStage(['services']),
  };
}

async function shippedImage(name: string, base: Image): Promise<Image> {
  const file = parseDockerfile(await readFile(join(projectRoot, 'Dockerfile'), 'utf8'));
  return composeImage(file, {
    target: name === 'operator' ? 'operator' : 'service',
    root: projectRoot,
    buildArgs: { SERVICE: name },
    images: { runtime: base },
    stages: await preparedStages(),
  });
}

/** The program of the npm package `node`, which is the version that the Dockerfile names, where the official image has it. */
async function nodeStage(): Promise<PreparedStage> {
  const source = join(projectRoot, 'node_modules/node/bin/node');
  // `as`: every package.json has a version.
  const { version } = JSON.parse(await readFile(join(projectRoot, 'node_modules/node/package.json'), 'utf8')) as {
    version: string;
  };
  const { size } = await stat(source);
  const key = contentKey('node', version, process.arch, String(size));
  return {
    key,
    prepare: () =>
      cacheEntry(imagesDirectory('stages', key), async (draft) => {
        await mkdir(join(draft, 'usr/local/bin'), { recursive: true });
        await copyFile(source, join(draft, 'usr/local/bin/node'));
      }),
  };
}

/** The result of the Dockerfile's `*-program` stages, out of this checkout's sources. */
async function programStage(folders: readonly string[]): Promise<PreparedStage> {
  const isIgnored = await readDockerignore(projectRoot);
  const found = await Promise.all(folders.map((folder) => listFiles(projectRoot, folder, isIgnored)));
  const paths = found.flat().map(({ path }) => path);
  const key = contentKey(process.version, await filesKey(projectRoot, ['scripts/image-program.ts', ...paths]));
  return {
    key,
    prepare: () =>
      cacheEntry(imagesDirectory('stages', key), async (draft) => {
        const program = join(projectRoot, 'scripts/image-program.ts');
        await run([process.execPath, '--disable-warning=ExperimentalWarning', program, join(draft, 'out'), ...paths], {
          cwd: projectRoot,
        });
      }),
  };
}

/** The result of the Dockerfile's `*-modules` stages, out of this checkout's node_modules. */
async function modulesStage(set: ModuleSet): Promise<PreparedStage> {
  // `as`: the format of package-lock.json.
  const { packages } = JSON.parse(await readFile(join(projectRoot, 'package-lock.json'), 'utf8')) as {
    packages: LockedPackages;
  };
  const versions = modulePaths(packages, importedPackages[set]).map((path) => `${path}@${packages[path]?.version}`);
  const key = contentKey(
    set,
    ...versions,
    await filesKey(projectRoot, ['scripts/image-modules.ts', 'scripts/image-stand-ins.ts']),
  );
  return {
    key,
    prepare: () =>
      cacheEntry(imagesDirectory('stages', key), (draft) =>
        copyModules(projectRoot, set, join(draft, 'out/node_modules')),
      ),
  };
}
