import { join } from 'node:path';
import { ensureSystemPackages, imagePackages } from '../programs/system-packages.ts';
import type { Progress, Step } from '../provider.ts';
import { imageDigest, writeArchive } from './archive.ts';
import { cacheEntry, pruneEntries } from './cache-entry.ts';
import { imageOf, isStore, storeImages } from './catalog.ts';
import { contentKey } from './content-key.ts';
import { imagesDirectory } from './directories.ts';
import type { Image, NamedImage } from './image.ts';

/** An image that a cluster can import. */
export interface BuiltImage {
  /** The reference under which pods ask for it, e.g. `localhost/product-service:1.0.0`. */
  readonly name: string;
  /** OCI archive; the images of one call share one archive, so that what they have in common is imported once. */
  readonly archivePath: string;
  /** Equal for equal content: a cluster that has this key under this name need not import it again. */
  readonly key: string;
}

/** What may differ between two builds of the same sources. */
export interface BuildOptions {
  /** Tag of the services' images; default 1.0.0. */
  readonly version?: string;
}

/** As many as the machine of a laptop takes beside a running cluster. */
const parallelBuilds = 2;
const kept = { layers: 60, built: 3, stages: 8, archives: 4 } as const;
const archiveFile = 'images.tar';

/**
 * Builds images by their short names (`operator`, `product`, `postgres`…) and writes them into one archive. All work is
 * kept by content: with unchanged inputs nothing is built or written.
 */
export async function buildImages(
  names: readonly string[],
  progress: Progress,
  options: BuildOptions = {},
): Promise<readonly BuiltImage[]> {
  await ensureSystemPackages(imagePackages, progress);
  const images = await progress.step(`images ${names.join(', ')}`, (step) => {
    const details = new Map<string, string>();
    return mapLimited(names, parallelBuilds, async (name) => {
      const image = await imageOf(name, partOf(step, name, details));
      details.delete(name);
      return { ...image, name: referenceOf(name, image, options.version ?? '1.0.0') };
    });
  });
  for (const image of images) {
    progress.note(`  ${image.name}  ${describeSize(image)}`);
  }
  const archivePath = await archiveOf(images, progress);
  await prune();
  return images.map((image) => ({ name: image.name, archivePath, key: imageDigest(image) }));
}

/** The reference that pods use: the operator's tag is its content, so that a changed operator is a changed Deployment. */
export function referenceOf(name: string, image: Image, version: string): string {
  if (isStore(name)) {
    return storeImages[name];
  }
  return name === 'operator'
    ? `localhost/ecommerce-operator:${imageDigest(image).slice('sha256:'.length, 19)}`
    : `localhost/${name}-service:${version}`;
}

/** E.g. `83.2 MB in 7 layers`: what a node without any of the layers would have to take. */
export function describeSize({ layers }: Image): string {
  const bytes = layers.reduce((sum, layer) => sum + layer.size, 0);
  return `${(bytes / 1e6).toFixed(1)} MB in ${layers.length} layers`;
}

async function archiveOf(images: readonly NamedImage[], progress: Progress): Promise<string> {
  const key = contentKey(...images.flatMap((image) => [image.name, imageDigest(image)]));
  const directory = await cacheEntry(imagesDirectory('archives', key), (draft) =>
    progress.step(`archive of ${images.length} images`, () => writeArchive(images, join(draft, archiveFile))),
  );
  return join(directory, archiveFile);
}

async function prune(): Promise<void> {
  await pruneEntries(imagesDirectory('layers'), kept.layers);
  await pruneEntries(imagesDirectory('stages'), kept.stages);
  await pruneEntries(imagesDirectory('archives'), kept.archives);
  await pruneEntries(imagesDirectory('buildah'), 0);
  for (const store of Object.keys(storeImages)) {
    await pruneEntries(imagesDirectory('built', store), kept.built);
  }
}

/** Two images are built at once, but a person reads one line: it names what each of them waits for. */
function partOf(step: Step, name: string, details: Map<string, string>): Step {
  return {
    log: (path) => step.log(path),
    detail(text) {
      details.set(name, text);
      step.detail([...details].map(([one, what]) => `${one}: ${what}`).join('; '));
    },
  };
}

async function mapLimited<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) {
      results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}
