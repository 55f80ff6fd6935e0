/** Apache Kafka as plain processes (KRaft, each node broker and controller), for tests and local development. */
import { createHash, randomBytes } from 'node:crypto';
import { copyFile, link, mkdir, readdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename, join } from 'node:path';
import { kafkaJarsStage } from '../images/kafka.ts';
import { findFreePorts } from '../programs/ports.ts';
import { findProgram } from './programs.ts';
import {
  makeServerFolder,
  removeFolder,
  runUnprivileged,
  type ServerProcess,
  startServerProcess,
  waitUntilReady,
} from './server-process.ts';

export interface KafkaOptions {
  /** 1 (default) or 3. */
  readonly brokers?: 1 | 3;
  /** With it clients log in by SCRAM-SHA-512 as this super user, and nobody else may do anything. */
  readonly admin?: { readonly username: string; readonly password: string };
  /** Extra lines of server.properties. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface KafkaNode {
  readonly host: string;
  readonly port: number;
  /** Stops the process and keeps its data. */
  stop(how?: 'term' | 'kill'): Promise<void>;
  /** Starts it again on the same ports after `stop`. */
  start(): Promise<void>;
}

export interface KafkaCluster {
  readonly nodes: readonly KafkaNode[];
  /** `host:port` of every node. */
  readonly bootstrapServers: readonly string[];
  readonly clusterId: string;
  close(): Promise<void>;
}

/** What a Kafka process is made of. */
export interface KafkaPrograms {
  /** The program `java`. */
  readonly java: string;
  /** Folder of Kafka's jars, readable for every user. */
  readonly libs: string;
}

const javaPrograms = { debianPackage: 'openjdk-17-jre-headless', folders: async () => [] };
/** Small and quick to start: what a test needs of a server. */
export const jvmFlags = [
  '-Xmx160m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
  '-Xshare:auto',
] as const;

const startTimeoutMs = 60_000;

/**
 * `java`, and Kafka's jars linked into `folder`: the cache may lie in a home directory that the servers' user cannot
 * enter.
 */
export async function kafkaPrograms(folder: string): Promise<KafkaPrograms> {
  const java = await findProgram('java', javaPrograms);
  const stage = await kafkaJarsStage({ detail: () => {}, log: () => {} });
  const source = join(await stage.prepare(), 'out');
  const libs = join(folder, 'libs');
  await mkdir(libs, { recursive: true });
  const jars = await readdir(source);
  await Promise.all(jars.map((jar) => linkOrCopy(join(source, jar), join(libs, basename(jar)))));
  return { java, libs };
}

/** Arguments of `java` for one of Kafka's main classes. */
export function kafkaArguments(
  { libs }: KafkaPrograms,
  log4jFile: string,
  ...mainAndArguments: readonly string[]
): readonly string[] {
  return [...jvmFlags, `-Dlog4j2.configurationFile=${log4jFile}`, '-cp', `${libs}/*`, ...mainAndArguments];
}

/**
 * Starts Kafka on free loopback ports and waits until every node takes clients. The servers die with this process.
 * Throws with the servers' last lines when they do not come up in a minute.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const folder = await makeServerFolder('kafka');
  const nodes: ManagedNode[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop('kill')));
    await removeFolder(folder);
  };
  try {
    const programs = await kafkaPrograms(folder);
    await writeFile(join(folder, 'log4j2.properties'), logging);
    const clusterId = kafkaUuid(randomBytes(16).toString('hex'));
    const layout = await layOut(options.brokers ?? 1);
    const launcher: Launcher = { folder, programs, clusterId, layout, options };
    nodes.push(...(await Promise.all(layout.map((place) => createNode(launcher, place)))));
    await Promise.all(nodes.map((node) => node.start()));
    return { nodes, clusterId, bootstrapServers: layout.map(({ port }) => `127.0.0.1:${port}`), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * 16 bytes derived from a text, as Kafka writes them: the same text gives the same id. Kafka's command line takes what
 * begins with a hyphen for an option.
 */
export function kafkaUuid(text: string): string {
  const id = createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
  return id.startsWith('-') ? kafkaUuid(`${text}-`) : id;
}

const logging = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
`;

interface Place {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
}

interface Launcher {
  readonly folder: string;
  readonly programs: KafkaPrograms;
  readonly clusterId: string;
  readonly layout: readonly Place[];
  readonly options: KafkaOptions;
}

type ManagedNode = KafkaNode;

async function layOut(brokers: number): Promise<readonly Place[]> {
  const ports = await findFreePorts(brokers * 2);
  return Array.from({ length: brokers }, (_, id) => ({
    id,
    port: ports[id * 2] ?? 0,
    controllerPort: ports[id * 2 + 1] ?? 0,
  }));
}

async function createNode(launcher: Launcher, place: Place): Promise<ManagedNode> {
  const { folder, programs, clusterId, layout, options } = launcher;
  const properties = join(folder, `server-${place.id}.properties`);
  await writeFile(properties, render(serverProperties(launcher, place)));
  const log4j = join(folder, 'log4j2.properties');
  const voters = layout.map(
    ({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}:${directoryId(launcher, id)}`,
  );
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties];
  const scram = options.admin === undefined ? [] : ['--add-scram', scramOf(options.admin)];
  const args = [...format, '--initial-controllers', voters.join(','), ...scram];
  await runUnprivileged(programs.java, kafkaArguments(programs, log4j, ...args), folder);
  let server: ServerProcess | undefined;
  return {
    host: '127.0.0.1',
    port: place.port,
    stop: async (how = 'term') => server?.stop(how === 'term' ? 'SIGTERM' : 'SIGKILL', 30_000),
    start: async () => {
      const command = kafkaArguments(programs, log4j, 'kafka.Kafka', properties);
      server = await startServerProcess(programs.java, command, { cwd: folder, signalOnOrphan: 'KILL' });
      await waitUntilReady([server], () => accepts(place.port), startTimeoutMs);
    },
  };
}

function directoryId({ clusterId }: Launcher, id: number): string {
  return kafkaUuid(`${clusterId}/${id}`);
}

function scramOf({ username, password }: { readonly username: string; readonly password: string }): string {
  return `SCRAM-SHA-512=[name=${username},password=${password}]`;
}

function serverProperties(launcher: Launcher, place: Place): Readonly<Record<string, string>> {
  const { folder, layout, options } = launcher;
  const copies = String(layout.length);
  const minimum = layout.length > 2 ? '2' : '1';
  const clients = `CLIENT://127.0.0.1:${place.port}`;
  const controllers = `CONTROLLER://127.0.0.1:${place.controllerPort}`;
  return {
    'process.roles': 'broker,controller',
    'node.id': String(place.id),
    'controller.quorum.bootstrap.servers': layout.map((one) => `127.0.0.1:${one.controllerPort}`).join(','),
    listeners: `${clients},${controllers}`,
    'advertised.listeners': `${clients},${controllers}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'CLIENT',
    'listener.security.protocol.map': `CLIENT:${options.admin === undefined ? 'PLAINTEXT' : 'SASL_PLAINTEXT'},CONTROLLER:PLAINTEXT`,
    'log.dirs': join(folder, `data-${place.id}`),
    'auto.create.topics.enable': 'false',
    'default.replication.factor': copies,
    'min.insync.replicas': minimum,
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': '3',
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': minimum,
    'transaction.state.log.num.partitions': '3',
    'group.initial.rebalance.delay.ms': '0',
    // The default of 128 MiB would not fit into the small heap.
    'log.cleaner.dedupe.buffer.size': '8388608',
    'num.network.threads': '2',
    'num.io.threads': '2',
    ...loginProperties(options),
    ...options.settings,
  };
}

function loginProperties({ admin }: KafkaOptions): Readonly<Record<string, string>> {
  if (admin === undefined) return {};
  const login = `org.apache.kafka.common.security.scram.ScramLoginModule required username="${admin.username}" password="${admin.password}";`;
  return {
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-512',
    'listener.name.client.scram-sha-512.sasl.jaas.config': login,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    // Controllers talk to each other without a login on ports of the loopback interface.
    'super.users': `User:${admin.username};User:ANONYMOUS`,
  };
}

function render(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  await link(source, target).catch(() => copyFile(source, target));
}

async function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1');
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  const answer = await promise;
  socket.destroy();
  return answer;
}
