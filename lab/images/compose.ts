import { readFile, stat } from 'node:fs/promises';
import { basename, join, posix, relative } from 'node:path';
import { contentKey } from './content-key.ts';
import { type ContextFile, type IsIgnored, listFiles, readDockerignore } from './context-files.ts';
import type { Dockerfile } from './dockerfile.ts';
import type { Image, Layer } from './image.ts';
import { type CopyPlan, planImage } from './image-plan.ts';
import { storeLayer } from './layer-store.ts';
import { type TarEntry, writeTar } from './tar.ts';

/** A stage whose result is made outside: its files as a directory, named by the key of what it is made from. */
export interface PreparedStage {
  readonly key: string;
  /** Path of a directory that has the stage's files; asked for only when a layer of it is not in the cache. */
  prepare(): Promise<string>;
}

/** What {@link composeImage} needs beside the Dockerfile. */
export interface ComposeOptions {
  readonly target: string;
  /** Directory of the build context, with its .dockerignore. */
  readonly root: string;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Images by reference or by the name of a stage that they replace: what the target's chain of FROM ends at. */
  readonly images: Readonly<Record<string, Image>>;
  /** Stage name to its files, for `COPY --from`. */
  readonly stages: Readonly<Record<string, PreparedStage>>;
}

/**
 * Makes the image of a target as `docker build` would: one layer per COPY, the same files and settings. Layers come from
 * the cache when their content is known, so an unchanged image costs the reading of its sources. Fails on RUN.
 */
export async function composeImage(file: Dockerfile, options: ComposeOptions): Promise<Image> {
  const plan = planImage(file, { ...options, bases: Object.keys(options.images) });
  const base = options.images[plan.base];
  if (base === undefined) {
    throw new Error(
      `target "${options.target}" is built FROM ${plan.base}; known are ${Object.keys(options.images).join(', ')}`,
    );
  }
  const isIgnored = await readDockerignore(options.root);
  const layers: Layer[] = [...base.layers];
  for (const copy of plan.copies) {
    layers.push(
      copy.from === undefined
        ? await contextLayer(copy, options.root, isIgnored)
        : await stageLayer(copy, options.stages),
    );
  }
  return { config: plan.configure(base.config), layers };
}

async function stageLayer(copy: CopyPlan, stages: ComposeOptions['stages']): Promise<Layer> {
  const stage = stages[copy.from ?? ''];
  if (stage === undefined) {
    throw new Error(
      `COPY --from=${copy.from}: the lab does not make this stage; it makes ${Object.keys(stages).join(', ')}`,
    );
  }
  const relativeSources = { ...copy, sources: copy.sources.map((source) => source.replace(/^\//, '')) };
  return storeLayer(contentKey('stage', stage.key, JSON.stringify(relativeSources)), async function* () {
    const root = await stage.prepare();
    yield* writeTar(tarEntries(root, await placeFiles(root, relativeSources, () => false)));
  });
}

async function contextLayer(copy: CopyPlan, root: string, isIgnored: IsIgnored): Promise<Layer> {
  const placed = await placeFiles(root, copy, isIgnored);
  const parts = await Promise.all(
    placed.map(async ({ target, file }) => [
      target,
      file.isExecutable ? 'x' : '-',
      await readFile(join(root, file.path)),
    ]),
  );
  return storeLayer(contentKey('context', ...parts.flat()), () => writeTar(tarEntries(root, placed)));
}

interface PlacedFile {
  /** Path in the image, without the leading `/`. */
  readonly target: string;
  readonly file: ContextFile;
}

async function placeFiles(root: string, copy: CopyPlan, isIgnored: IsIgnored): Promise<readonly PlacedFile[]> {
  const placed: PlacedFile[] = [];
  for (const source of copy.sources.map((path) => posix.normalize(path).replace(/\/$/, ''))) {
    const isDirectory = (await stat(join(root, source)).catch(() => undefined))?.isDirectory() === true;
    const files = await listFiles(root, source, isIgnored);
    placed.push(
      ...files.map((file) => ({ target: targetOf(copy, isDirectory ? source : undefined, file.path), file })),
    );
  }
  return placed.sort((one, other) => (one.target < other.target ? -1 : 1));
}

/** Docker's rule: of a directory its content is copied, of a file the file itself. */
function targetOf({ destination }: CopyPlan, directory: string | undefined, path: string): string {
  const target =
    directory !== undefined
      ? posix.join(destination, relative(directory, path))
      : destination.endsWith('/')
        ? posix.join(destination, basename(path))
        : destination;
  return target.slice(1);
}

async function* tarEntries(root: string, placed: readonly PlacedFile[]): AsyncGenerator<TarEntry> {
  const made = new Set<string>();
  for (const { target, file } of placed) {
    for (const path of parentsOf(target).filter((parent) => !made.has(parent))) {
      made.add(path);
      yield { kind: 'directory', path, mode: 0o755 };
    }
    const source = join(root, file.path);
    yield {
      kind: 'file',
      path: target,
      mode: file.isExecutable ? 0o755 : 0o644,
      size: (await stat(source)).size,
      source: { file: source },
    };
  }
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
}
