import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { Report, Warning } from '../contract.ts';
import { builtinConnection } from './connection.ts';
import { shapeOf } from './names.ts';
import type { BuiltinObserved, ExternalObserved, Observed } from './observed.ts';
import { identities, type Member, type Topology } from './topology.ts';

/** What the status says of Redis beside its readiness. */
export function reportRedis(observed: Observed, stack: CompleteStack): Report {
  return observed.mode === 'External' ? reportExternal(observed) : reportBuiltin(observed, stack);
}

function reportExternal({ nodes }: ExternalObserved): Report {
  const [first] = nodes;
  const up = nodes.flatMap(({ answer }) => (answer.state === 'up' ? [answer.facts.version] : []));
  return {
    guarantee: 'Redis is run by somebody else; what it survives is theirs to say.',
    ...(first === undefined ? {} : { endpoint: first.address }),
    ...versionOf(up),
  };
}

function reportBuiltin(observed: BuiltinObserved, stack: CompleteStack): Report {
  const { topology } = observed;
  const { host, port } = builtinConnection(stack, {});
  const [identity] = identities(topology);
  const isFormed = topology.isComplete && topology.unassigned.length === 0;
  return {
    guarantee: describeGuarantee(stack),
    endpoint: `${host}:${port}`,
    ...versionOf(topology.members.map(({ version }) => version)),
    // Only a formed cluster has data to recognize; a half-made one is still to be finished.
    ...(isFormed && identity !== undefined ? { identity } : {}),
    ...warningsOf(topology),
  };
}

/** The oldest version that runs: during an upgrade that is the one to rely on. */
function versionOf(versions: readonly string[]): { readonly version?: string } {
  const [oldest] = versions.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return oldest === undefined ? {} : { version: oldest };
}

function describeGuarantee(stack: CompleteStack): string {
  const { shards, replicasPerShard } = shapeOf(stack);
  // Redis' documentation: everysec may postpone a write by up to two seconds while the disk is busy.
  const loss = 'The writes of its last two seconds may be lost: the append-only file is synced every second';
  return replicasPerShard === 0
    ? `${shards} shards without replicas: the keys of a lost pod are unavailable until it is back, and gone if its volume is. ${loss}.`
    : `${shards} shards with ${replicasPerShard} replicas each: a replica takes over from a lost primary within about 10 seconds. ${loss} and replication is asynchronous.`;
}

/** Above this part of `maxmemory` a shop should grow before writes are refused. */
const memoryAlarm = 0.85;

function warningsOf(topology: Topology): { readonly warnings?: readonly Warning[] } {
  const warnings = [...memoryWarnings(topology.members), ...placementWarnings(topology)];
  return warnings.length === 0 ? {} : { warnings };
}

function memoryWarnings(members: readonly Member[]): readonly Warning[] {
  const full = members.filter(
    ({ usedMemoryBytes, maxMemoryBytes }) => maxMemoryBytes > 0 && usedMemoryBytes > maxMemoryBytes * memoryAlarm,
  );
  return full.length === 0
    ? []
    : [
        {
          reason: 'MemoryNearlyFull',
          message: `${full.map(({ name }) => name).join(', ')} use more than ${memoryAlarm * 100} % of their memory; at 100 % writes are refused. Raise spec.redis.resources.limits.memory or spec.redis.shards.`,
        },
      ];
}

/** A replica beside its primary does not survive the machine that both are on. */
function placementWarnings({ shards }: Topology): readonly Warning[] {
  const together = shards.filter(
    ({ primary, replicas }) =>
      replicas.length > 0 && replicas.every(({ machine }) => machine !== undefined && machine === primary.machine),
  );
  return together.length === 0
    ? []
    : [
        {
          reason: 'ReplicasBesidePrimary',
          message: `${together.map(({ primary }) => primary.name).join(', ')} share the machine with all of their replicas: its loss is the loss of those shards. Add machines.`,
        },
      ];
}
