import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { cacheEntry, touch } from './cache-entry.ts';
import { imagesDirectory } from './directories.ts';
import type { Layer } from './image.ts';

const layerFile = 'layer.tar.zst';
const descriptionFile = 'layer.json';
/** Level 3 is zstd's default: 2 s for the 150 MB of Node, and unpacked several times faster than gzip. */
const zstdLevel = 3;

/** The layer kept under `key`; `tar` gives its archive when it is not there yet. */
export async function storeLayer(key: string, tar: () => AsyncIterable<Uint8Array> | Readable): Promise<Layer> {
  const directory = await cacheEntry(imagesDirectory('layers', key), async (draft) => {
    const layer = await compress(tar(), join(draft, layerFile));
    await writeFile(join(draft, descriptionFile), JSON.stringify(layer));
  });
  return readLayer(directory);
}

/** The layer kept under `key`, if there is one. */
export async function storedLayer(key: string): Promise<Layer | undefined> {
  const directory = imagesDirectory('layers', key);
  return (await touch(directory)) ? readLayer(directory) : undefined;
}

async function readLayer(directory: string): Promise<Layer> {
  // `as`: written by storeLayer().
  const layer = JSON.parse(await readFile(join(directory, descriptionFile), 'utf8')) as Omit<Layer, 'path'>;
  return { ...layer, path: join(directory, layerFile) };
}

async function compress(tar: AsyncIterable<Uint8Array> | Readable, path: string): Promise<Omit<Layer, 'path'>> {
  const raw = new Digest();
  const packed = new Digest();
  const zstd = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: zstdLevel } });
  await pipeline(tar, raw, zstd, packed, createWriteStream(path));
  return {
    diffId: raw.value(),
    digest: packed.value(),
    mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd',
    size: packed.size,
  };
}

/** Passes bytes on and knows their SHA-256 in the end. */
class Digest extends Transform {
  readonly #hash = createHash('sha256');
  size = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, data: Buffer) => void): void {
    this.#hash.update(chunk);
    this.size += chunk.length;
    done(null, chunk);
  }

  value(): string {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}
