import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { arch } from 'node:os';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Image, Layer, NamedImage } from './image.ts';
import { type TarEntry, writeTar } from './tar.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';

/**
 * Writes images into one archive in the OCI image layout, which `ctr images import`, `kind load image-archive`, `skopeo`
 * and `crane` read. Layers that several of the images have are written once.
 */
export async function writeArchive(images: readonly NamedImage[], path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.draft`;
  await pipeline(writeTar(archiveEntries(images)), createWriteStream(draft));
  await rename(draft, path);
}

/** The digest of an image's manifest: the same whatever its name is. */
export function imageDigest(image: Image): string {
  return describe(image).manifest.digest;
}

interface Blob {
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
}

interface JsonBlob extends Blob {
  readonly bytes: Buffer;
}

function* archiveEntries(images: readonly NamedImage[]): Generator<TarEntry> {
  const described = images.map((image) => ({ image, ...describe(image) }));
  yield memoryFile('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
  yield memoryFile('index.json', indexOf(described));
  yield { kind: 'directory', path: 'blobs', mode: 0o755 };
  yield { kind: 'directory', path: 'blobs/sha256', mode: 0o755 };
  const written = new Set<string>();
  const isNew = ({ digest }: { readonly digest: string }) => written.size < written.add(digest).size;
  for (const { image, config, manifest } of described) {
    yield* image.layers.filter(isNew).map(layerFile);
    yield* [config, manifest].filter(isNew).map((blob) => memoryFile(blobPath(blob.digest), blob.bytes));
  }
}

function describe({ config, layers }: Image): { readonly config: JsonBlob; readonly manifest: JsonBlob } {
  const configBlob = jsonBlob(configType, {
    architecture: arch() === 'x64' ? 'amd64' : arch(),
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    // buildah builds on an image only when its history tells of every layer.
    history: layers.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'lab/images' })),
  });
  const manifest = jsonBlob(manifestType, {
    schemaVersion: 2,
    mediaType: manifestType,
    config: descriptor(configBlob),
    layers: layers.map(descriptor),
  });
  return { config: configBlob, manifest };
}

/** containerd takes the name from its own annotation, everybody else from the specification's. */
function indexOf(described: readonly { readonly image: NamedImage; readonly manifest: JsonBlob }[]): Buffer {
  const manifests = described.map(({ image, manifest }) => ({
    ...descriptor(manifest),
    annotations: { 'io.containerd.image.name': image.name, 'org.opencontainers.image.ref.name': image.name },
  }));
  return Buffer.from(JSON.stringify({ schemaVersion: 2, manifests }));
}

function jsonBlob(mediaType: string, value: unknown): JsonBlob {
  const bytes = Buffer.from(JSON.stringify(value));
  return { bytes, mediaType, size: bytes.length, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
}

function descriptor({ digest, mediaType, size }: Blob): Blob {
  return { mediaType, digest, size };
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

function layerFile({ digest, size, path }: Layer): TarEntry {
  return { kind: 'file', path: blobPath(digest), mode: 0o644, size, source: { file: path } };
}

function memoryFile(path: string, bytes: Uint8Array): TarEntry {
  return { kind: 'file', path, mode: 0o644, size: bytes.length, source: bytes };
}
