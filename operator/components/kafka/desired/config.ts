import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { hashOf } from '../../../objects/hash.ts';
import { ownedMetadata } from '../../../objects/metadata.ts';
import { initialDirectoryId } from '../identity.ts';
import { controllerPort, kafkaComponent, kafkaNames, ordinals, podHost } from '../names.ts';
import type { Settings } from '../parameters.ts';
import { fixedSettings, restartSettings, sizeSettings } from './properties.ts';
import { type Paths, startScript } from './scripts.ts';

/** Where things are inside the container; the first four are the contract of the official image. */
export const containerPaths: Paths = {
  data: '/var/lib/kafka/data',
  config: '/mnt/shared/config',
  users: '/etc/kafka-users',
  home: '/opt/kafka',
  work: '/tmp',
  terminationLog: '/dev/termination-log',
};

/** What the configuration depends on beside the manifest. */
export interface ConfigInput {
  readonly clusterId: string;
  /** Nodes that run or shall run. */
  readonly brokers: number;
  /** All first controllers have been seen in the quorum: from now on an empty volume is a lost one. */
  readonly isFormed: boolean;
}

/** server.properties and the start script of the container. */
export function buildConfig(stack: CompleteStack, input: ConfigInput): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: ownedMetadata(stack, kafkaComponent, kafkaNames(stack).config),
    data: configFiles(stack, input, containerPaths),
  };
}

/** The files by name, for any place that they may be mounted at. */
export function configFiles(stack: CompleteStack, input: ConfigInput, paths: Paths): Record<string, string> {
  const settings = { ...fixedSettings(paths.data), ...sizeSettings(stack, input.brokers), ...restartSettings(stack) };
  return {
    'cluster-id': input.clusterId,
    formation: formationOf(input),
    'first-controllers': firstControllers(stack, input),
    'server.properties': renderSettings(settings),
    'log4j2.properties': logging,
    'start.sh': startScript(paths),
  };
}

/**
 * Hash of what only a start can change. The scripts are not part of it: a new operator version with a better script
 * must not restart every store.
 */
export function restartHash(stack: CompleteStack): string {
  return hashOf({ ...fixedSettings(containerPaths.data), ...restartSettings(stack) });
}

/** What an empty volume means. A single node has nobody to learn from. */
function formationOf({ isFormed, brokers }: ConfigInput): 'new' | 'formed' | 'lost' {
  if (!isFormed) {
    return 'new';
  }
  return brokers === 1 ? 'lost' : 'formed';
}

function firstControllers(stack: CompleteStack, { clusterId, brokers }: ConfigInput): string {
  return ordinals(brokers)
    .map((id) => `${id}@${podHost(stack, id)}:${controllerPort}:${initialDirectoryId(clusterId, id)}`)
    .join(',');
}

function renderSettings(settings: Settings): string {
  return Object.entries(settings)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** To the console only: the file system of the container is read-only, and the cluster collects the output. */
const logging = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %m (%c)%n%throwable
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
`;
