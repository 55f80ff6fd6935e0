import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stateDirectory } from '../paths.ts';
import { findFreePort, isPortFree } from '../programs/ports.ts';
import { run } from '../programs/run.ts';
import { silentProgress } from '../progress.ts';
import type { Cluster, ClusterProvider, Progress, Published, ServiceAddress } from '../provider.ts';
import { findInPath } from './find-in-path.ts';
import { goTool } from './go-tool.ts';
import { kindConfig, type LiveService, nodePortService, type PortMapping, publishedNodePorts } from './kind-config.ts';
import { kubeconfigCluster } from './program-cluster.ts';

const kindModule = { name: 'kind', module: 'sigs.k8s.io/kind@v0.32.0' };
/** Kubernetes of the node: the newest that this release of kind was published with. */
const nodeImage = 'kindest/node:v1.36.1';
const wantedPorts = [8080, 8443, 9090] as const;

/** A cluster of one node in a Docker container, made by the program kind. */
export function kindProvider(name = 'shop'): ClusterProvider {
  const files = kindFiles(name);
  return {
    kind: 'kind',
    async up(progress) {
      const kind = await findKind(progress);
      const names = await run([kind, 'get', 'clusters']);
      if (!names.split('\n').includes(name)) {
        await progress.step(`kind cluster ${name}`, (step) => {
          step.detail(`creating it with ${nodeImage}; minutes the first time`);
          return create(kind, name, files);
        });
      }
      await run([kind, 'export', 'kubeconfig', '--name', name, '--kubeconfig', files.kubeconfig]);
      return kindCluster(name, kind, files);
    },
    async down(progress) {
      const kind = await findKind(progress);
      await progress.step(`remove the kind cluster ${name}`, () => run([kind, 'delete', 'cluster', '--name', name]));
      await rm(files.directory, { recursive: true, force: true });
    },
    async find() {
      const isThere = await readFile(files.kubeconfig).catch(() => undefined);
      if (isThere === undefined) {
        return undefined;
      }
      const cluster = kindCluster(name, await findKind(silentProgress), files);
      return cluster.kubectl(['get', '--raw', '/readyz'], { timeoutMs: 5_000 }).then(
        () => cluster,
        () => undefined,
      );
    },
  };
}

interface KindFiles {
  readonly directory: string;
  readonly kubeconfig: string;
  readonly ports: string;
}

function kindFiles(name: string): KindFiles {
  const directory = stateDirectory('kind', name);
  return { directory, kubeconfig: join(directory, 'kubeconfig'), ports: join(directory, 'ports.json') };
}

async function findKind(progress: Progress): Promise<string> {
  return (await findInPath(kindModule.name)) ?? goTool(kindModule, progress);
}

async function create(kind: string, name: string, files: KindFiles): Promise<void> {
  await mkdir(files.directory, { recursive: true });
  const mappings: PortMapping[] = [];
  for (const [index, nodePort] of publishedNodePorts.entries()) {
    const wanted = wantedPorts[index];
    const isFree = wanted !== undefined && (await isPortFree(wanted));
    mappings.push({ nodePort, hostPort: isFree ? wanted : await findFreePort() });
  }
  await run(
    [
      kind,
      'create',
      'cluster',
      '--name',
      name,
      '--image',
      nodeImage,
      '--wait',
      '180s',
      '--kubeconfig',
      files.kubeconfig,
      '--config',
      '-',
    ],
    { input: JSON.stringify(kindConfig(mappings)) },
  );
  await writeFile(files.ports, JSON.stringify(mappings));
}

function kindCluster(name: string, kind: string, files: KindFiles): Cluster {
  const common = kubeconfigCluster(files.kubeconfig);
  return {
    ...common,
    kind: 'kind',
    name,
    async importImages(archives) {
      for (const archive of new Set(archives)) {
        await run([kind, 'load', 'image-archive', archive, '--name', name]);
      }
    },
    publish: (service, localPort) => publish(common, files, service, localPort),
  };
}

async function publish(
  cluster: Pick<Cluster, 'kubectl'>,
  files: KindFiles,
  service: ServiceAddress,
  localPort: number,
): Promise<Published> {
  // `as`: written by create().
  const mappings = JSON.parse(await readFile(files.ports, 'utf8')) as readonly PortMapping[];
  const mapping = mappings.find(({ hostPort }) => hostPort === localPort) ?? mappings[0];
  if (mapping === undefined) {
    throw new Error(`${files.ports} names no port; make the cluster anew: make down up CLUSTER=kind`);
  }
  const get = ['get', 'service', service.name, '-n', service.namespace, '-o', 'json'];
  // `as`: a Service as kubectl prints it.
  const live = JSON.parse(await cluster.kubectl(get)) as LiveService;
  const object = nodePortService(service, live, mapping.nodePort);
  await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], { input: JSON.stringify(object) });
  return { url: `http://127.0.0.1:${mapping.hostPort}`, port: mapping.hostPort };
}
