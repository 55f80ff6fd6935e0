import { createReadStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiReader } from '../control-plane/api-request.ts';
import { waitFor } from '../control-plane/wait.ts';
import { findCniDirectory } from '../programs/system-packages.ts';
import { assertRunning, ensureDaemon, type Inside, runInside } from './inside.ts';
import { containerdDaemon, type NodeSettings, nodeDaemons, nodeName, writeNodeConfig } from './node-config.ts';

const runtimeTimeoutMs = 30_000;
const nodeTimeoutMs = 90_000;

/** Starts containerd unless it runs; resolves when it answers. */
export async function ensureRuntime(lab: Inside, programs: string): Promise<NodeSettings> {
  const settings = await settingsOf(lab, programs);
  await writeNodeConfig(settings);
  await ensureDaemon(lab, containerdDaemon(settings));
  const answers = async () => {
    await assertRunning(lab, 'containerd');
    return (await runInside(lab, 'all', ['ctr', 'version'])) !== '';
  };
  await waitFor('containerd answers', answers, { timeoutMs: runtimeTimeoutMs });
  return settings;
}

/** Starts kubelet and kube-proxy unless they run; resolves when the node is ready for pods. */
export async function ensureNode(lab: Inside, settings: NodeSettings, api: ApiReader): Promise<void> {
  for (const daemon of nodeDaemons(settings)) {
    await ensureDaemon(lab, daemon);
  }
  const ready = async () => {
    await assertRunning(lab, 'kubelet');
    await assertRunning(lab, 'kube-proxy');
    return isNodeReady(api);
  };
  await waitFor(`${nodeName} is ready`, ready, {
    timeoutMs: nodeTimeoutMs,
    explain: () => describeNode(api),
  });
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

/** True when the node says that it is ready; false as well when it is not registered yet. */
export async function isNodeReady(api: ApiReader): Promise<boolean> {
  const conditions = await nodeConditions(api);
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

async function describeNode(api: ApiReader): Promise<string> {
  const conditions = await nodeConditions(api).catch(() => []);
  return conditions.map(({ type, status, message }) => `${type}=${status}: ${message ?? ''}`).join('\n');
}

async function nodeConditions(api: ApiReader): Promise<readonly Condition[]> {
  // `as`: the shape of the API, core/v1 Node.
  const node = JSON.parse(await api.get(`/api/v1/nodes/${nodeName}`)) as {
    readonly status: { readonly conditions?: readonly Condition[] };
  };
  return node.status.conditions ?? [];
}

/** Gives archives of images to containerd; an archive that it has taken already is not read again. */
export async function importArchives(lab: Inside, archives: readonly string[]): Promise<void> {
  const recordPath = join(lab.paths.directory, 'imported.json');
  // `as`: written below.
  const taken = new Set(JSON.parse(await readFile(recordPath, 'utf8').catch(() => '[]')) as readonly string[]);
  for (const archive of archives) {
    const { size, mtimeMs } = await stat(archive);
    const identity = `${archive} ${size} ${mtimeMs}`;
    if (!taken.has(identity)) {
      // By standard input: the lab does not see every directory of this machine.
      await runInside(lab, 'all', ['ctr', '--namespace', 'k8s.io', 'images', 'import', '-'], {
        inputFrom: createReadStream(archive),
      });
      await writeFile(recordPath, JSON.stringify([...taken.add(identity)]));
    }
  }
}

async function settingsOf(lab: Inside, programs: string): Promise<NodeSettings> {
  const cniDirectory = await findCniDirectory();
  if (cniDirectory === undefined) {
    throw new Error('the network plugins of containers are not installed (containernetworking-plugins)');
  }
  return { paths: lab.paths, programs, cniDirectory, snapshotter: await chooseSnapshotter(lab) };
}

/** Overlays do not work on top of overlays, which is what the root of a container usually is. */
async function chooseSnapshotter(lab: Inside): Promise<'overlayfs' | 'native'> {
  const attempt = `
set -e
cd "$(mktemp -d /var/lib/containerd/overlay-XXXXXX)"
trap 'rm -rf "$PWD"' EXIT
mkdir lower upper work merged
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
umount merged`;
  return runInside(lab, 'all', ['sh', '-c', attempt]).then(
    () => 'overlayfs',
    () => 'native',
  );
}
