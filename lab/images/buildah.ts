import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { run, succeeds } from '../programs/run.ts';
import type { Step } from '../provider.ts';
import { imageDigest, writeArchive } from './archive.ts';
import { cacheEntry } from './cache-entry.ts';
import { contentKey, filesKey } from './content-key.ts';
import { imagesDirectory } from './directories.ts';
import type { Image, ImageConfig, Layer } from './image.ts';
import { storedLayer, storeLayer } from './layer-store.ts';

/** An image of a Dockerfile that needs processes: packages are installed, users made. */
export interface BuildahOptions {
  readonly name: string;
  /** Holds the Dockerfile and all that it copies. */
  readonly directory: string;
  /** Given to the Dockerfile as BASE_IMAGE. */
  readonly base: Image;
  readonly step: Step;
}

interface Built {
  readonly config: ImageConfig;
  /** Keys of the layers above those of the base. */
  readonly layerKeys: readonly string[];
}

const builtFile = 'built.json';
/** Part of every key: raise it when images of the same Dockerfile come out differently from now on. */
const recipe = 'buildah-2';

/**
 * Builds with buildah in a storage of its own that is removed afterwards, or takes the result of an earlier build of the
 * same files on the same base. Processes of the build run in a chroot and use the machine's network.
 */
export async function buildahImage(options: BuildahOptions): Promise<Image> {
  const entry = imagesDirectory('built', options.name, await keyOf(options));
  return (await readBuilt(entry, options.base)) ?? (await rebuild(entry, options));
}

async function rebuild(entry: string, options: BuildahOptions): Promise<Image> {
  // What is there lacks a layer, or is not there at all.
  await rm(entry, { recursive: true, force: true });
  await cacheEntry(entry, async (draft) => {
    await writeFile(join(draft, builtFile), JSON.stringify(await build(options)));
  });
  const image = await readBuilt(entry, options.base);
  if (image === undefined) {
    throw new Error(`${entry} lost a layer right after it was built: is something else emptying the cache?`);
  }
  return image;
}

async function keyOf({ directory, base }: BuildahOptions): Promise<string> {
  const names = (await readdir(directory, { recursive: true })).sort();
  return contentKey(recipe, await filesKey(directory, names), imageDigest(base));
}

async function readBuilt(entry: string, base: Image): Promise<Image | undefined> {
  const text = await readFile(join(entry, builtFile), 'utf8').catch(() => undefined);
  if (text === undefined) {
    return undefined;
  }
  // `as`: written by rebuild().
  const { config, layerKeys } = JSON.parse(text) as Built;
  const layers = await Promise.all(layerKeys.map(storedLayer));
  const present = layers.filter((layer): layer is Layer => layer !== undefined);
  return present.length === layers.length ? { config, layers: [...base.layers, ...present] } : undefined;
}

async function build({ name, directory, base, step }: BuildahOptions): Promise<Built> {
  const logPath = imagesDirectory(`${name}.log`);
  await rm(logPath, { force: true });
  step.log(logPath);
  step.detail(`buildah builds ${name}`);
  await mkdir(imagesDirectory('buildah'), { recursive: true });
  const work = await mkdtemp(imagesDirectory('buildah', `${process.pid}-`));
  try {
    const archive = join(work, 'base.tar');
    const layout = join(work, 'layout');
    await writeArchive([{ ...base, name: 'localhost/base:latest' }], archive);
    const buildah = await buildahCommand(work);
    const reference = `localhost/${name}:latest`;
    const buildArg = `BASE_IMAGE=oci-archive:${archive}`;
    await run([...buildah, 'bud', '--isolation=chroot', '--build-arg', buildArg, '-t', reference, directory], {
      logPath,
    });
    await run([...buildah, 'push', '--quiet', '--disable-compression', reference, `oci:${layout}:latest`], { logPath });
    return await adopt(layout, base, step);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Buildah with its storage in `work`. A mount namespace of its own takes the mounts of the storage away when buildah ends, however it ends. */
export async function buildahCommand(work: string): Promise<readonly string[]> {
  const command = ['unshare', '--mount', 'buildah', '--root', join(work, 'root'), '--runroot', join(work, 'run')];
  const overlay = [...command, '--storage-driver', 'overlay'];
  return (await succeeds([...overlay, 'info'])) ? overlay : [...command, '--storage-driver', 'vfs'];
}

/** Moves the layers of an OCI image layout, but for those of the base, into the layer store. */
async function adopt(layout: string, base: Image, step: Step): Promise<Built> {
  // `as`, three times: formats of the OCI image specification, written by buildah.
  const index = await readJson<{ manifests: readonly { digest: string }[] }>(join(layout, 'index.json'));
  const manifest = await readJson<Manifest>(blobPath(layout, index.manifests[0]?.digest ?? ''));
  const { config, rootfs } = await readJson<StoredConfig>(blobPath(layout, manifest.config.digest));
  step.detail('compressing its layers');
  const layerKeys: string[] = [];
  for (const [index, { digest, mediaType }] of manifest.layers.entries()) {
    if (index >= base.layers.length) {
      layerKeys.push(await adoptLayer(blobPath(layout, digest), mediaType, rootfs.diff_ids[index] ?? ''));
    }
  }
  return { config, layerKeys };
}

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string; readonly mediaType: string }[];
}

interface StoredConfig {
  readonly config: ImageConfig;
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

/** Resolves with the key under which the layer is stored. */
async function adoptLayer(path: string, mediaType: string, diffId: string): Promise<string> {
  const key = contentKey('buildah-layer', diffId);
  const isGzip = mediaType.endsWith('gzip');
  const layer = await storeLayer(key, () =>
    isGzip ? createReadStream(path).pipe(createGunzip()) : createReadStream(path),
  );
  if (layer.diffId !== diffId) {
    throw new Error(
      `a layer of type ${mediaType} unpacks to ${layer.diffId} instead of ${diffId}; remove ${layer.path}`,
    );
  }
  return key;
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T;
}

function blobPath(layout: string, digest: string): string {
  return join(layout, 'blobs', digest.replace(':', '/'));
}
