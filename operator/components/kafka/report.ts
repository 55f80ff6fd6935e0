import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { Report, Warning } from '../contract.ts';
import { clientPort, copiesOf, kafkaNames, wantedBrokers } from './names.ts';
import type { BuiltinObserved, ClusterFacts, ExternalObserved, Observed } from './observed.ts';
import { isQuorumWhole } from './quorum-members.ts';
import { wantedTopics } from './topics.ts';

/** What the status says of Kafka beside its readiness. */
export function reportKafka(observed: Observed, stack: CompleteStack): Report {
  return observed.mode === 'External' ? reportExternal(observed) : reportBuiltin(observed, stack);
}

function reportExternal({ address, answer }: ExternalObserved): Report {
  return {
    guarantee: 'Kafka is run by somebody else; what it survives is theirs to say. All services use its one login.',
    ...(answer.state === 'up' ? { endpoint: address } : {}),
  };
}

function reportBuiltin(observed: BuiltinObserved, stack: CompleteStack): Report {
  const { answer } = observed;
  const warnings = [
    ...surplusWarnings(observed, stack),
    ...(answer.state === 'up' ? partitionWarnings(answer.facts, observed, stack) : []),
  ];
  return {
    guarantee: describeGuarantee(observed.size),
    endpoint: `${kafkaNames(stack).service}.${stack.namespace}.svc:${clientPort}`,
    ...(hasOneRevision(observed) ? { version: stack.kafka.version } : {}),
    ...identityOf(observed),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** From the moment on when every node has its vote, an empty volume is a lost one. */
function identityOf(observed: BuiltinObserved): { readonly identity?: string } {
  const { answer } = observed;
  return answer.state === 'up' && isQuorumWhole(answer.facts, observed) ? { identity: answer.facts.clusterId } : {};
}

function hasOneRevision({ pods, statefulSet, size }: BuiltinObserved): boolean {
  return pods.length === size && pods.every(({ revision }) => revision === statefulSet?.updateRevision);
}

function describeGuarantee(brokers: number): string {
  const { factor, minimumInSync } = copiesOf(brokers);
  const plain = 'Clients log in by SCRAM and may use what their service declares; connections are not encrypted';
  return minimumInSync > 1
    ? `${factor} copies of each event, ${minimumInSync} of them before it is acknowledged: the loss of one broker loses nothing. One that is killed stops writing until its session is over: for some 10 s, 15 s if it was the active controller; one that is restarted hands over first. ${plain}.`
    : `One copy that must confirm: while a broker is away its topics cannot be used, and events are gone if its volume is. ${plain}.`;
}

/** Scale-in is refused, not ignored: the manifest says one thing and another one runs. */
function surplusWarnings({ size }: BuiltinObserved, stack: CompleteStack): readonly Warning[] {
  const wanted = wantedBrokers(stack);
  return size <= wanted
    ? []
    : [
        {
          reason: 'ScaleInRefused',
          message: `${size} Kafka brokers run and stay, although ${wanted} are asked for: brokers hold partitions and votes and are not taken away. Set spec.kafka.brokers to ${size}.`,
        },
      ];
}

/** Partitions that somebody added by hand, and that cannot be taken away. */
function partitionWarnings(
  { topics }: ClusterFacts,
  { size }: BuiltinObserved,
  stack: CompleteStack,
): readonly Warning[] {
  const extra = new Set(stack.kafka.topics.map(({ name }) => name));
  const wanted = new Map(wantedTopics(stack, size).map(({ name, partitions }) => [name, partitions]));
  return topics
    .filter(({ name, partitions }) => extra.has(name) && partitions.length > (wanted.get(name) ?? partitions.length))
    .map(({ name, partitions }) => ({
      reason: 'PartitionsSurplus',
      message: `Topic ${name} has ${partitions.length} partitions, more than spec.kafka.topics says; Kafka cannot take partitions away. Set it to ${partitions.length}.`,
    }));
}
