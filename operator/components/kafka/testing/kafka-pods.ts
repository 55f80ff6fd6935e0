import { randomInt } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { retryFor } from '#chassis/kafka/client.ts';
import { kafkaDirectory } from '../../../../lab/images/kafka.ts';
import { jvmFlags, type KafkaPrograms, kafkaPrograms } from '../../../../lab/stores/kafka.ts';
import {
  makeServerFolder,
  removeFolder,
  type ServerProcess,
  startServerProcess,
} from '../../../../lab/stores/server-process.ts';
import { type CompleteStack, type ServiceName, serviceNames } from '../../../api/v1beta1/complete-stack.ts';
import { type ConfigInput, configFiles } from '../desired/config.ts';
import type { Paths } from '../desired/scripts.ts';
import { userFiles } from '../desired/secrets.ts';
import { clientPort, controllerPort, credentialKeys, podDomain, podHost, podName } from '../names.ts';

/**
 * Real Kafka servers in the place of pods: each runs the rendered start script with the rendered configuration, listens
 * on the usual ports of a loopback address of its own, and gets another address at every start. Only the cluster's DNS
 * is replaced: Java reads the names from a file.
 */
export class KafkaPods {
  readonly credentials: Readonly<Record<string, string>> = {
    [credentialKeys.clusterId]: 'MkU3OEVBNTcwNTJENDM2Qg',
    [credentialKeys.broker]: 'brokerSecret',
    [credentialKeys.admin]: 'adminSecret',
    ...Object.fromEntries(serviceNames.map((service) => [credentialKeys.service(service), `${service}Secret`])),
  };
  readonly #folder: string;
  readonly #programs: KafkaPrograms;
  readonly #pods = new Map<number, RunningPod>();
  readonly #volumes = new Map<number, string>();
  /** 127.x.y.0/24 of this instance: test files run side by side. */
  readonly #subnet = `127.${randomInt(1, 255)}.${randomInt(0, 255)}`;
  #starts = 0;

  private constructor(folder: string, programs: KafkaPrograms) {
    this.#folder = folder;
    this.#programs = programs;
  }

  /** Prepares a folder like the image's; starts nothing. */
  static async create(): Promise<KafkaPods> {
    const folder = await makeServerFolder('kafka-pods');
    const programs = await kafkaPrograms(folder);
    await cp(join(kafkaDirectory, 'bin'), join(folder, 'bin'), { recursive: true });
    return new KafkaPods(folder, programs);
  }

  /** By ordinal. */
  get running(): readonly RunningPod[] {
    return [...this.#pods.values()].toSorted((a, b) => a.ordinal - b.ordinal);
  }

  /** Starts the pod of an ordinal on its volume (a new one if it has none) with a new address. */
  async start(stack: CompleteStack, ordinal: number, input: StartInput): Promise<void> {
    this.#starts += 1;
    const address = `${this.#subnet}.${this.#starts}`;
    const volume = this.#volumes.get(ordinal) ?? (await makeServerFolder('kafka-volume'));
    this.#volumes.set(ordinal, volume);
    const uid = `pod-${ordinal}-start-${this.#starts}`;
    const paths = await this.#writeFiles(stack, { uid, volume, address, input });
    const environment = [
      `PATH=${dirname(this.#programs.java)}:/usr/bin:/bin`,
      `POD_NAME=${podName(stack, ordinal)}`,
      `POD_DOMAIN=${podDomain(stack)}`,
      `KAFKA_HEAP_OPTS=${jvmFlags.join(' ')}`,
      'KAFKA_JVM_PERFORMANCE_OPTS=-Dsun.net.inetaddr.ttl=1 -Dsun.net.inetaddr.negative.ttl=0',
      `KAFKA_LOG4J_OPTS=-Dlog4j2.configurationFile=${paths.config}/log4j2.properties`,
      `KAFKA_OPTS=-Djdk.net.hosts.file=${this.#folder}/hosts`,
    ];
    const server = await startServerProcess('/usr/bin/env', [...environment, 'sh', `${paths.config}/start.sh`], {
      cwd: volume,
      signalOnOrphan: 'KILL',
    });
    const { revision } = input;
    this.#pods.set(ordinal, { ordinal, uid, address, revision, host: podHost(stack, ordinal), server, isReady: false });
    await this.#writeNames();
  }

  /** What kubelet's probe would say of each pod by now. */
  async probe(): Promise<void> {
    await Promise.all(
      this.running.map(async (pod) => {
        pod.isReady = pod.server.isRunning() && (await accepts(pod.address, clientPort));
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

  /** Removes the volume of a stopped pod. */
  async wipe(ordinal: number): Promise<void> {
    const volume = this.#volumes.get(ordinal);
    this.#volumes.delete(ordinal);
    if (volume !== undefined) {
      await removeFolder(volume);
    }
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

  /** Makes the volume of a stopped pod one of another cluster. */
  async forge(ordinal: number, clusterId: string): Promise<void> {
    const file = join(this.#volumes.get(ordinal) ?? '', 'log/meta.properties');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/^cluster\.id=.*$/m, `cluster.id=${clusterId}`));
  }

  /** A client as a service has it: its own login, names instead of addresses. */
  client(service: ServiceName, password = this.credentials[credentialKeys.service(service)] ?? ''): Kafka {
    return new Kafka({
      clientId: service,
      brokers: this.running.map(({ host }) => `${host}:${clientPort}`),
      sasl: { mechanism: 'scram-sha-512', username: service, password },
      logLevel: logLevel.NOTHING,
      connectionTimeout: 1000,
      retry: retryFor(60_000),
      socketFactory: ({ host, port, onConnect }) => connect({ host: this.resolve(host), port }, onConnect),
    });
  }

  /** Today's address of a name; one that nobody listens on when the pod is away. */
  resolve(name: string): string {
    return this.running.find(({ host }) => host === name)?.address ?? '127.255.255.254';
  }

  /** Ends everything and removes it. */
  async close(): Promise<void> {
    await Promise.all(this.running.map(({ ordinal }) => this.stop(ordinal, 'SIGKILL')));
    await Promise.all([...this.#volumes.values(), this.#folder].map(removeFolder));
  }

  /** What the ConfigMap and the Secret would mount, and the address to listen on: pods have an interface of their own. */
  async #writeFiles(stack: CompleteStack, place: Place): Promise<Paths> {
    const config = join(this.#folder, place.uid);
    const users = join(config, 'users');
    const terminationLog = join(place.volume, 'termination-log');
    const paths = { data: place.volume, config, users, home: this.#folder, work: place.volume, terminationLog };
    await mkdir(users, { recursive: true });
    const files = configFiles(
      stack,
      { clusterId: this.credentials[credentialKeys.clusterId] ?? '', ...place.input },
      paths,
    );
    const properties = (files['server.properties'] ?? '')
      .replace(`CLIENT://:${clientPort},`, `CLIENT://${place.address}:${clientPort},`)
      .replace(`,CONTROLLER://:${controllerPort}\n`, `,CONTROLLER://${place.address}:${controllerPort}\n`);
    await Promise.all([
      ...Object.entries({ ...files, 'server.properties': properties }).map(([name, text]) =>
        writeFile(join(config, name), text),
      ),
      ...Object.entries(userFiles(this.credentials)).map(([name, text]) => writeFile(join(users, name), text)),
    ]);
    return paths;
  }

  async #writeNames(): Promise<void> {
    const lines = this.running.map(({ host, address }) => `${address} ${host}\n`);
    await writeFile(join(this.#folder, 'hosts'), lines.join(''));
  }
}

/** What a pod is started with beside the manifest. */
export type StartInput = Omit<ConfigInput, 'clusterId'> & { readonly clusterId?: string; readonly revision: string };

interface Place {
  readonly uid: string;
  readonly volume: string;
  readonly address: string;
  readonly input: StartInput;
}

export interface RunningPod {
  readonly ordinal: number;
  readonly uid: string;
  readonly address: string;
  readonly revision: string;
  readonly host: string;
  readonly server: ServerProcess;
  isReady: boolean;
}

async function accepts(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, host);
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  const answer = await promise;
  socket.destroy();
  return answer;
}
