/** Elasticsearch as plain processes, for tests and local development. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { elasticsearchDirectory, elasticsearchServerStage } from '../images/elasticsearch.ts';
import { findFreePorts } from '../programs/ports.ts';
import { findProgram } from './programs.ts';
import {
  makeServerFolder,
  removeFolder,
  type ServerProcess,
  startServerProcess,
  waitUntilReady,
} from './server-process.ts';

export interface ElasticsearchOptions {
  /** 1 (default) or 3. */
  readonly nodes?: 1 | 3;
  /** Extra lines of elasticsearch.yml. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface ElasticsearchNode {
  readonly name: string;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Stops the process and keeps its data. */
  stop(how?: 'term' | 'kill'): Promise<void>;
  /** Starts it again on the same ports after `stop`, and waits until it has a master. */
  start(): Promise<void>;
}

export interface ElasticsearchCluster {
  readonly nodes: readonly ElasticsearchNode[];
  close(): Promise<void>;
}

const javaPrograms = { debianPackage: 'openjdk-17-jre-headless', folders: async () => [] };

/** Small and quick to start: what a test needs of a server. */
export const elasticsearchJavaOptions = '-Xms200m -Xmx200m -XX:TieredStopAtLevel=1 -Xshare:auto';

const startTimeoutMs = 90_000;

/**
 * Lays the installation out in `folder` as it is in the image: the cache may lie in a home directory that the servers'
 * user cannot enter. Answers the folder of `java`.
 */
export async function installElasticsearch(folder: string): Promise<string> {
  const java = await findProgram('java', javaPrograms);
  const stage = await elasticsearchServerStage({ detail: () => {}, log: () => {} });
  await cp(join(await stage.prepare(), 'out'), folder, { recursive: true });
  await Promise.all(
    ['bin', 'config'].map((part) => cp(join(elasticsearchDirectory, part), join(folder, part), { recursive: true })),
  );
  return dirname(java);
}

/**
 * Starts Elasticsearch on free loopback ports and waits until every node has a master. The servers die with this
 * process. Throws with the servers' last lines when they do not come up in time.
 */
export async function startElasticsearch(options: ElasticsearchOptions = {}): Promise<ElasticsearchCluster> {
  const folder = await makeServerFolder('elasticsearch');
  const nodes: ElasticsearchNode[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop('kill')));
    await removeFolder(folder);
  };
  try {
    const java = await installElasticsearch(folder);
    const places = await layOut(options.nodes ?? 1);
    nodes.push(...(await Promise.all(places.map((place) => createNode({ folder, java, places, options }, place)))));
    await Promise.all(nodes.map((node) => node.start()));
    return { nodes, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Place {
  readonly name: string;
  readonly http: number;
  readonly transport: number;
  readonly readiness: number;
}

interface Launcher {
  readonly folder: string;
  readonly java: string;
  readonly places: readonly Place[];
  readonly options: ElasticsearchOptions;
}

async function layOut(count: number): Promise<readonly Place[]> {
  const ports = await findFreePorts(count * 3);
  return Array.from({ length: count }, (_, index) => ({
    name: `node-${index}`,
    http: ports[index * 3] ?? 0,
    transport: ports[index * 3 + 1] ?? 0,
    readiness: ports[index * 3 + 2] ?? 0,
  }));
}

async function createNode(launcher: Launcher, place: Place): Promise<ElasticsearchNode> {
  const { folder, java } = launcher;
  const config = join(folder, place.name);
  await mkdir(config, { recursive: true });
  await cp(join(elasticsearchDirectory, 'config'), config, { recursive: true });
  await writeFile(join(config, 'elasticsearch.yml'), render(settingsOf(launcher, place)));
  let server: ServerProcess | undefined;
  return {
    name: place.name,
    url: `http://127.0.0.1:${place.http}`,
    stop: async (how = 'term') => server?.stop(how === 'term' ? 'SIGTERM' : 'SIGKILL', 30_000),
    start: async () => {
      const environment = [
        `PATH=${java}:/usr/bin:/bin`,
        `ES_JAVA_OPTS=${elasticsearchJavaOptions}`,
        `ES_PATH_CONF=${config}`,
        `ES_TMPDIR=${config}`,
      ];
      const program = join(folder, 'bin/elasticsearch');
      server = await startServerProcess('/usr/bin/env', [...environment, 'sh', program], {
        cwd: folder,
        signalOnOrphan: 'KILL',
      });
      await waitUntilReady([server], () => acceptsConnections('127.0.0.1', place.readiness), startTimeoutMs);
    },
  };
}

function settingsOf({ folder, places, options }: Launcher, place: Place): Readonly<Record<string, string>> {
  return {
    'cluster.name': 'lab',
    'node.name': place.name,
    'network.host': '127.0.0.1',
    'http.port': String(place.http),
    'transport.port': String(place.transport),
    'readiness.port': String(place.readiness),
    'discovery.seed_hosts': JSON.stringify(places.map(({ transport }) => `127.0.0.1:${transport}`)),
    'cluster.initial_master_nodes': JSON.stringify(places.map(({ name }) => name)),
    'path.data': join(folder, `${place.name}-data`),
    'path.logs': join(folder, `${place.name}-logs`),
    'node.store.allow_mmap': 'false',
    // The disk of a machine that runs tests may be nearly full; a test's data is small.
    'cluster.routing.allocation.disk.threshold_enabled': 'false',
    ...options.settings,
  };
}

function render(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

/** True when something listens there. */
export async function acceptsConnections(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, host);
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  const answer = await promise;
  socket.destroy();
  return answer;
}
