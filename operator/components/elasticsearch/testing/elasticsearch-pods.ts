import { randomInt } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePort } from '../../../../lab/programs/ports.ts';
import {
  acceptsConnections,
  elasticsearchJavaOptions,
  installElasticsearch,
} from '../../../../lab/stores/elasticsearch.ts';
import {
  makeServerFolder,
  removeFolder,
  type ServerProcess,
  startServerProcess,
} from '../../../../lab/stores/server-process.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { type ConfigInput, configFiles } from '../desired/config.ts';
import type { Paths } from '../desired/scripts.ts';
import { credentialKeys, httpPort, podHost, podName, readinessPort } from '../names.ts';

/**
 * Real Elasticsearch servers in the place of pods: each runs the rendered start script with the rendered configuration,
 * listens on the usual ports of a loopback address of its own, and gets another address at every start. Only the
 * cluster's DNS is replaced: Java reads the names from a file.
 */
export class ElasticsearchPods {
  readonly credentials: Readonly<Record<string, string>> = {
    [credentialKeys.stackId]: 'MkU3OEVBNTcwNTJENDM2Qg',
    [credentialKeys.password]: 'elasticSecret',
  };
  readonly #folder: string;
  readonly #java: string;
  readonly #pods = new Map<number, RunningPod>();
  readonly #volumes = new Map<number, string>();
  /** 127.x.y.0/24 of this instance: test files run side by side. */
  readonly #subnet = `127.${randomInt(1, 255)}.${randomInt(0, 255)}`;
  #starts = 0;

  private constructor(folder: string, java: string) {
    this.#folder = folder;
    this.#java = java;
  }

  /** Prepares a folder like the image's; starts nothing. */
  static async create(): Promise<ElasticsearchPods> {
    const folder = await makeServerFolder('elasticsearch-pods');
    return new ElasticsearchPods(folder, await installElasticsearch(folder));
  }

  /** By ordinal. */
  get running(): readonly RunningPod[] {
    return [...this.#pods.values()].toSorted((a, b) => a.ordinal - b.ordinal);
  }

  /** Starts the pod of an ordinal on its volume (a new one if it has none) with a new address. */
  async start(stack: CompleteStack, ordinal: number, input: StartInput): Promise<void> {
    this.#starts += 1;
    const address = `${this.#subnet}.${this.#starts}`;
    const volume = this.#volumes.get(ordinal) ?? (await makeServerFolder('elasticsearch-volume'));
    this.#volumes.set(ordinal, volume);
    const uid = `pod-${ordinal}-start-${this.#starts}`;
    const probePort = await findFreePort();
    const paths = await this.#writeFiles(stack, { uid, volume, address, probePort, input });
    const environment = [
      `PATH=${this.#java}:/usr/bin:/bin`,
      `POD_NAME=${podName(stack, ordinal)}`,
      `POD_IP=${address}`,
      `ES_TMPDIR=${paths.work}`,
      `ES_JAVA_OPTS=${elasticsearchJavaOptions} -Dsun.net.inetaddr.ttl=1 -Dsun.net.inetaddr.negative.ttl=0 -Djdk.net.hosts.file=${this.#folder}/hosts`,
    ];
    const server = await startServerProcess('/usr/bin/env', [...environment, 'sh', `${paths.config}/start.sh`], {
      cwd: volume,
      signalOnOrphan: 'KILL',
    });
    const { revision } = input;
    const host = podHost(stack, ordinal);
    this.#pods.set(ordinal, { ordinal, uid, address, probePort, revision, host, server, isReady: false });
    await this.#writeNames();
  }

  /** What kubelet's probe would say of each pod by now. */
  async probe(): Promise<void> {
    await Promise.all(
      this.running.map(async (pod) => {
        pod.isReady = pod.server.isRunning() && (await acceptsConnections('127.0.0.1', pod.probePort));
      }),
    );
  }

  /** Ends a pod; its name is forgotten, its volume stays. */
  async stop(ordinal: number, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const pod = this.#pods.get(ordinal);
    this.#pods.delete(ordinal);
    await this.#writeNames();
    await pod?.server.stop(signal, 30_000);
  }

  /** Takes the volume of a stopped pod away; the next start gets an empty one. */
  takeVolume(ordinal: number): string {
    const volume = this.#volumes.get(ordinal) ?? '';
    this.#volumes.delete(ordinal);
    return volume;
  }

  giveVolume(ordinal: number, volume: string): void {
    this.#volumes.set(ordinal, volume);
  }

  /** Writes what the start script keeps on the volume of a stopped pod. */
  async stamp(ordinal: number, file: 'stack-id' | 'version', text: string): Promise<void> {
    await writeFile(join(this.#volumes.get(ordinal) ?? '', file), `${text}\n`);
  }

  /** elasticsearch.yml that a pod was started with. */
  settings(ordinal: number): Promise<string> {
    return readFile(join(this.#folder, this.#pods.get(ordinal)?.uid ?? '', 'elasticsearch.yml'), 'utf8');
  }

  /** `http://…` of the running pods. */
  urls(): readonly string[] {
    return this.running.map(({ address }) => `http://${address}:${httpPort}`);
  }

  /** Ends everything and removes it. */
  async close(): Promise<void> {
    await Promise.all(this.running.map(({ ordinal }) => this.stop(ordinal, 'SIGKILL')));
    await Promise.all([...this.#volumes.values(), this.#folder].map(removeFolder));
  }

  /** What the ConfigMap would mount, and the address to listen on: pods have an interface of their own. */
  async #writeFiles(stack: CompleteStack, { uid, volume, address, probePort, input }: Place): Promise<Paths> {
    const config = join(this.#folder, uid);
    const paths = {
      home: this.#folder,
      data: volume,
      logs: join(volume, 'logs'),
      config,
      users: config,
      repository: config,
      work: join(volume, 'work'),
      terminationLog: join(volume, 'termination-log'),
    };
    await mkdir(config, { recursive: true });
    await makeWritable(paths.work);
    const stackId = this.credentials[credentialKeys.stackId] ?? '';
    const files = configFiles(stack, { stackId, ...input }, paths);
    const settings = (files['elasticsearch.yml'] ?? '')
      .replace('network.host: 0.0.0.0', `network.host: ${address}`)
      // It listens on all addresses, which these pods share.
      .replace(`readiness.port: ${readinessPort}`, `readiness.port: ${probePort}`);
    await Promise.all(
      Object.entries({ ...files, 'elasticsearch.yml': settings }).map(([name, text]) =>
        writeFile(join(config, name), text),
      ),
    );
    return paths;
  }

  async #writeNames(): Promise<void> {
    const lines = this.running.map(({ host, address }) => `${address} ${host}\n`);
    await writeFile(join(this.#folder, 'hosts'), lines.join(''));
  }
}

/** A folder that the servers' user may write to, whoever runs the tests. */
async function makeWritable(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o777);
}

/** What a pod is started with beside the manifest. */
export type StartInput = Omit<ConfigInput, 'stackId'> & { readonly revision: string };

interface Place {
  readonly uid: string;
  readonly volume: string;
  readonly address: string;
  readonly probePort: number;
  readonly input: StartInput;
}

export interface RunningPod {
  readonly ordinal: number;
  readonly uid: string;
  readonly address: string;
  /** What kubelet would probe. */
  readonly probePort: number;
  readonly revision: string;
  readonly host: string;
  readonly server: ServerProcess;
  isReady: boolean;
}
