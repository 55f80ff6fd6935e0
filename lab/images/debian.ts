import { createReadStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../programs/run.ts';
import { makeTemporaryDirectory } from '../programs/scratch.ts';
import type { Step } from '../provider.ts';
import { contentKey } from './content-key.ts';
import { imagesDirectory } from './directories.ts';
import type { Image } from './image.ts';
import { storeLayer } from './layer-store.ts';

const release = 'bookworm';
const sourcesPath = '/etc/apt/sources.list.d/debian.sources';
/** What the official slim image leaves out too: documentation (but for the licences), manuals and translations. */
const leftOut = [
  '/usr/share/doc/*',
  '/usr/share/man/*',
  '/usr/share/info/*',
  '/usr/share/locale/*',
  '/usr/share/lintian/*',
];
const options = [
  '--variant=minbase',
  // In place of the package usrmerge, which needs all of Perl: 45 MB. The libraries are those of the stage `runtime`.
  '--include=usr-is-merged,libatomic1,libjemalloc2',
  '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
  ...leftOut.map((path) => `--dpkgopt=path-exclude=${path}`),
  '--dpkgopt=path-include=/usr/share/doc/*/copyright',
  '--aptopt=APT::Install-Recommends "false"',
];

/**
 * The base of all images of the lab: Debian's required packages, made by mmdebstrap from the package sources of this
 * machine, with the contract of the Dockerfile's stage `runtime`. 20 s once, then from the cache.
 */
export async function debianImage(step: Step): Promise<Image> {
  const sources = await readSources();
  const layer = await storeLayer(contentKey('debian', release, sources, ...options), () => bootstrap(step));
  return {
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['bash'] },
    layers: [layer],
  };
}

/** mmdebstrap reads the machine's own sources when it is given none. */
async function readSources(): Promise<string> {
  return readFile(sourcesPath, 'utf8').catch(() => '');
}

async function* bootstrap(step: Step): AsyncGenerator<Uint8Array> {
  const directory = await makeTemporaryDirectory('debian-base');
  try {
    const logPath = imagesDirectory('debian.log');
    const archive = join(directory, 'base.tar');
    step.log(logPath);
    step.detail('mmdebstrap makes the Debian base');
    await run(['mmdebstrap', ...options, release, archive, ...((await readSources()) === '' ? [] : [sourcesPath])], {
      logPath,
    });
    yield* createReadStream(archive);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
