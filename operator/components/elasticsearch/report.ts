import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { Report, Warning } from '../contract.ts';
import { elasticsearchNames, httpPort } from './names.ts';
import type { BuiltinObserved, ClusterFacts, ExternalObserved, Observed } from './observed.ts';
import { enoughMapCount, s3Module, securityModule } from './server-parts.ts';

/** What the status says of Elasticsearch beside its readiness. */
export function reportElasticsearch(observed: Observed, stack: CompleteStack): Report {
  switch (observed.mode) {
    case 'ECK':
      return {};
    case 'External':
      return reportExternal(observed);
    case 'Builtin':
      return reportBuiltin(observed, stack);
  }
}

function reportExternal({ address, answer }: ExternalObserved): Report {
  return {
    guarantee: 'Elasticsearch is run by somebody else; what it survives is theirs to say.',
    ...(answer.state === 'up' ? { endpoint: address, version: answer.version } : {}),
  };
}

function reportBuiltin(observed: BuiltinObserved, stack: CompleteStack): Report {
  const { answer } = observed;
  const facts = answer.state === 'up' ? answer.facts : undefined;
  const warnings = facts === undefined ? [] : [...mapWarnings(facts, stack), ...diskWarnings(facts, stack)];
  return {
    guarantee: [describeLosses(observed.size), ...(facts === undefined ? [] : describeServer(facts, stack))].join(' '),
    endpoint: `http://${elasticsearchNames(stack).service}.${stack.namespace}.svc:${httpPort}`,
    ...versionOf(observed, facts),
    ...(facts === undefined || !isFormed(facts) ? {} : { identity: facts.clusterUuid }),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** A cluster that has elected a master for the first time gets its UUID a moment later. */
function isFormed({ clusterUuid }: ClusterFacts): boolean {
  return clusterUuid !== '' && clusterUuid !== '_na_';
}

/** Of the oldest node, so that a version counts only when all have it. */
function versionOf({ size }: BuiltinObserved, facts: ClusterFacts | undefined): { readonly version?: string } {
  const versions = (facts?.nodes ?? []).map(({ version }) => version).filter((version) => version !== '');
  const [oldest] = versions.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return oldest === undefined || versions.length < size ? {} : { version: oldest };
}

function describeLosses(nodes: number): string {
  return nodes >= 3
    ? `${nodes} nodes elect a master among themselves: the loss of one stops nothing, and loses nothing of indices that have a replica.`
    : 'One node: while it is away nothing can be searched, and the indices are gone if its volume is; they can be filled again from the shop.';
}

function describeServer(facts: ClusterFacts, stack: CompleteStack): readonly string[] {
  return [
    everyNodeHas(facts, securityModule)
      ? 'Clients log in with a password, nodes know each other by a key; clients are not encrypted.'
      : 'This image has no security: whoever reaches it may do everything, without a login.',
    ...(stack.backup === undefined || everyNodeHas(facts, s3Module)
      ? []
      : [
          'This image cannot write snapshots to S3: its indices are in no backup; they can be filled again from the shop.',
        ]),
  ];
}

/** True when all nodes have a module or plugin. */
export function everyNodeHas({ nodes }: ClusterFacts, module: string): boolean {
  return nodes.length > 0 && nodes.every(({ modules }) => modules.includes(module));
}

function mapWarnings({ nodes }: ClusterFacts, stack: CompleteStack): readonly Warning[] {
  const low = nodes.filter(({ maxMapCount }) => maxMapCount !== undefined && maxMapCount < enoughMapCount);
  const [first] = low;
  return stack.profile !== 'Production' || first === undefined
    ? []
    : [
        {
          reason: 'MapCountLow',
          message: `vm.max_map_count is ${first.maxMapCount} on the machine of ${low.map(({ name }) => name).join(', ')}, so files are read without mapping them, which is slower. Set it to ${enoughMapCount} or more on the machines and restart the pods.`,
        },
      ];
}

/** Where Elasticsearch stops to put new copies onto a disk by default. */
function diskWarnings({ nodes }: ClusterFacts, stack: CompleteStack): readonly Warning[] {
  const most = 1 - stack.monitoring.thresholds.diskFreePercent / 100;
  const full = nodes.filter(({ diskUsed }) => (diskUsed ?? 0) > most);
  const [first] = full;
  // Volumes of a development cluster are folders of a shared disk.
  return stack.profile !== 'Production' || first === undefined
    ? []
    : [
        {
          reason: 'DiskNearlyFull',
          message: `The disk of ${full.map(({ name }) => name).join(', ')} is more than ${Math.round(most * 100)} % full. Raise spec.elasticsearch.storage.size or delete indices.`,
        },
      ];
}
