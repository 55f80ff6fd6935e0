import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { hashOf } from '../../../objects/hash.ts';
import { ownedMetadata } from '../../../objects/metadata.ts';
import {
  elasticsearchComponent,
  elasticsearchNames,
  httpPort,
  ordinals,
  podHost,
  podName,
  readinessPort,
  transportPort,
} from '../names.ts';
import { type Paths, startScript } from './scripts.ts';

/** Where things are inside the container; `home`, `data` and `logs` are the contract of the official image. */
export const containerPaths: Paths = {
  home: '/usr/share/elasticsearch',
  data: '/usr/share/elasticsearch/data',
  logs: '/usr/share/elasticsearch/logs',
  config: '/etc/elasticsearch-config',
  users: '/etc/elasticsearch-users',
  repository: '/etc/elasticsearch-repository',
  work: '/tmp',
  terminationLog: '/dev/termination-log',
};

/** What the configuration depends on beside the manifest. */
export interface ConfigInput {
  readonly stackId: string;
  /** Nodes that run or shall run. */
  readonly nodes: number;
  /** The cluster's UUID is recorded: from now on an empty volume joins, and never founds another cluster. */
  readonly isFormed: boolean;
}

/** elasticsearch.yml and the start script of the container. */
export function buildConfig(stack: CompleteStack, input: ConfigInput): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: ownedMetadata(stack, elasticsearchComponent, elasticsearchNames(stack).config),
    data: configFiles(stack, input, containerPaths),
  };
}

/** The files by name, for any place that they may be mounted at. */
export function configFiles(stack: CompleteStack, input: ConfigInput, paths: Paths): Record<string, string> {
  const settings = { ...fixedSettings(stack, paths), ...membershipSettings(stack, input) };
  return {
    'stack-id': input.stackId,
    'elasticsearch.yml': renderSettings(settings),
    'log4j2.properties': logging,
    'start.sh': startScript(paths, { wantsMemoryMaps: stack.profile === 'Production' }),
  };
}

/**
 * Hash of what only a start can change. The scripts are not part of it: a new operator version with a better script
 * must not restart every store. Nor are the nodes' names: a running node learns of new ones from the others.
 */
export function restartHash(stack: CompleteStack): string {
  return hashOf(fixedSettings(stack, containerPaths));
}

type Setting = string | readonly string[];

/** Settings that are the same on every node at every start. */
function fixedSettings(stack: CompleteStack, paths: Paths): Record<string, Setting> {
  return {
    'cluster.name': stack.name,
    'node.name': '${POD_NAME}',
    'network.host': '0.0.0.0',
    // The name of a pod answers with the address of its predecessor for a while; an address is what it is.
    'network.publish_host': '${POD_IP}',
    'http.port': String(httpPort),
    'transport.port': String(transportPort),
    'readiness.port': String(readinessPort),
    // HTTP opens when a master is found, or after this: a node that finds none shall say so soon.
    'discovery.initial_state_timeout': '5s',
    'path.data': `${paths.data}/node`,
    'path.logs': paths.logs,
    ...(stack.profile === 'Development' ? smallDiskSettings : {}),
  };
}

/**
 * Volumes of a development cluster are folders of a shared disk: the percentages that Elasticsearch keeps free by default
 * would be those of the whole machine.
 */
const smallDiskSettings = {
  'cluster.routing.allocation.disk.watermark.low': '300mb',
  'cluster.routing.allocation.disk.watermark.high': '200mb',
  'cluster.routing.allocation.disk.watermark.flood_stage': '100mb',
};

function membershipSettings(stack: CompleteStack, { nodes, isFormed }: ConfigInput): Record<string, Setting> {
  return {
    'discovery.seed_hosts': ordinals(nodes).map((ordinal) => podHost(stack, ordinal)),
    ...(isFormed ? {} : { 'cluster.initial_master_nodes': ordinals(nodes).map((ordinal) => podName(stack, ordinal)) }),
  };
}

function renderSettings(settings: Readonly<Record<string, Setting>>): string {
  return Object.entries(settings)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}\n`)
    .join('');
}

/** To the console only: the file system of the container is read-only, and the cluster collects the output. */
const logging = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %m (%c{1.})%n%throwable
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
logger.coordination.name = org.elasticsearch.cluster.coordination
logger.coordination.level = info
logger.node.name = org.elasticsearch.node
logger.node.level = info
`;
