import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { goTool } from '../delivery/go-tool.ts';
import { writeArchive } from '../images/archive.ts';
import { cacheEntry, pruneEntries } from '../images/cache-entry.ts';
import { contentKey } from '../images/content-key.ts';
import type { ImageConfig, Layer, NamedImage } from '../images/image.ts';
import { storeLayer } from '../images/layer-store.ts';
import { type TarEntry, writeTar } from '../images/tar.ts';
import { cacheDirectory } from '../paths.ts';
import { findStaticBusybox } from '../programs/system-packages.ts';
import type { Progress } from '../provider.ts';

/** References of the images that the lab itself runs on. */
export const systemImageNames = {
  pause: 'localhost/pause:lab',
  coredns: 'localhost/coredns:lab',
  metricsServer: 'localhost/metrics-server:lab',
  localPath: 'localhost/local-path-provisioner:v0.0.30',
  busybox: 'localhost/busybox:lab',
} as const;

/** The newest version that builds without lines of `replace`, which `go install` refuses. */
const localPathProvisioner = {
  name: 'local-path-provisioner',
  module: 'github.com/rancher/local-path-provisioner@v0.0.30',
};

/** What the helper pods of the provisioner call. */
const busyboxPrograms = ['sh', 'mkdir', 'rm', 'chmod', 'chown', 'ls', 'cat', 'sleep', 'test', 'nc', 'nslookup'];

const archiveFile = 'images.tar';
const keptArchives = 3;

/** An archive of the lab's own images, made of single programs; taken from the cache when nothing changed. */
export async function systemImageArchive(programs: string, progress: Progress): Promise<string> {
  const localPath = await goTool(localPathProvisioner, progress);
  const busybox = await findStaticBusybox();
  if (busybox === undefined) {
    throw new Error('no statically linked busybox in PATH; install busybox-static');
  }
  const sources = [join(programs, 'kubelab'), join(programs, 'pause'), localPath, busybox];
  const identities = await Promise.all(sources.map(identityOf));
  const key = contentKey(JSON.stringify(systemImageNames), busyboxPrograms.join(), ...identities);
  const folder = cacheDirectory('lab-images');
  const directory = await cacheEntry(join(folder, key), (draft) =>
    progress.step("the lab's own images", async () => {
      await writeArchive(await systemImages({ programs, localPath, busybox }), join(draft, archiveFile));
    }),
  );
  await pruneEntries(folder, keptArchives);
  return join(directory, archiveFile);
}

/** Programs in the cache never change under their path; the system's may. */
async function identityOf(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  return `${path} ${size} ${mtimeMs}`;
}

interface Programs {
  readonly programs: string;
  readonly localPath: string;
  readonly busybox: string;
}

async function systemImages({ programs, localPath, busybox }: Programs): Promise<readonly NamedImage[]> {
  const kubelab = await programLayer(join(programs, 'kubelab'), 'usr/local/bin/kubelab');
  const image = (name: string, layer: Layer, config: ImageConfig): NamedImage => ({ name, layers: [layer], config });
  return [
    image(systemImageNames.pause, await programLayer(join(programs, 'pause'), 'pause'), { Entrypoint: ['/pause'] }),
    image(systemImageNames.coredns, kubelab, { Entrypoint: ['/usr/local/bin/kubelab', 'coredns'] }),
    image(systemImageNames.metricsServer, kubelab, { Entrypoint: ['/usr/local/bin/kubelab', 'metrics-server'] }),
    image(systemImageNames.localPath, await programLayer(localPath, 'usr/local/bin/local-path-provisioner'), {
      Entrypoint: ['/usr/local/bin/local-path-provisioner'],
      User: '65532',
    }),
    image(systemImageNames.busybox, await busyboxLayer(busybox), { Env: ['PATH=/bin'], Cmd: ['/bin/sh'] }),
  ];
}

async function programLayer(source: string, path: string): Promise<Layer> {
  return storeEntries(await identityOf(source), [...parentsOf(path), await fileEntry(source, path)]);
}

async function busyboxLayer(source: string): Promise<Layer> {
  const links = busyboxPrograms.map((name): TarEntry => ({ kind: 'link', path: `bin/${name}`, target: 'busybox' }));
  return storeEntries(await identityOf(source), [
    ...parentsOf('bin/busybox'),
    { kind: 'directory', path: 'tmp', mode: 0o1777 },
    await fileEntry(source, 'bin/busybox'),
    ...links,
  ]);
}

function storeEntries(identity: string, entries: readonly TarEntry[]): Promise<Layer> {
  const names = entries.map((entry) => `${entry.kind} ${entry.path}`);
  return storeLayer(contentKey('lab', identity, ...names), () => writeTar(entries));
}

async function fileEntry(source: string, path: string): Promise<TarEntry> {
  const { size } = await stat(source);
  return { kind: 'file', path, mode: 0o755, size, source: { file: source } };
}

function parentsOf(path: string): readonly TarEntry[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_part, index) => ({
    kind: 'directory',
    path: parts.slice(0, index + 1).join('/'),
    mode: 0o755,
  }));
}
