import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { Action, Plan, Step } from '../../contract.ts';
import { differingTopics, type TopicDifferences } from '../differences.ts';
import type { KafkajsBroker } from '../kafkajs.ts';
import { newTopic } from '../new-topic.ts';
import type { ExternalObserved, Observed } from '../observed.ts';
import { alterConfigs, configResources } from '../protocol/configs.ts';
import { creationRefusal, describeRefusal } from '../refusal.ts';
import { wantedTopics } from '../topics.ts';
import { detail, harmless, nothing, talk, upCluster } from './ports.ts';

/**
 * Makes the topics as they are declared: creates, adds partitions, changes settings, and deletes what the manifest says
 * shall be absent. A topic that nobody declares stays as it is. Of an external Kafka only missing topics are created.
 */
export const topics: Action<Observed> = {
  name: 'SetTopics',
  plan(observed, stack) {
    return observed.mode === 'External' ? planExternal(observed, stack) : planBuiltin(observed, stack);
  },
  async execute(step, ports) {
    const differences = detail<TopicDifferences>(step, 'differences');
    await talk(step, ports, (broker) => change(broker, differences));
  },
};

function planBuiltin(observed: Observed, stack: CompleteStack): Plan {
  const cluster = upCluster(observed);
  if (cluster === undefined || cluster.facts.brokers.length < cluster.observed.size) {
    // With a broker away, new topics could not have all of their copies.
    return nothing;
  }
  const differences = differingTopics(cluster.facts, cluster.observed, stack);
  const message = describe(differences);
  return message === ''
    ? nothing
    : harmless('ChangeTopics', message, cluster.target, { differences: plain(differences) });
}

function planExternal({ answer }: ExternalObserved, stack: CompleteStack): Plan {
  if (answer.state !== 'up' || answer.missing.length === 0 || answer.refusal !== undefined) {
    return nothing;
  }
  const missing = wantedTopics(stack, answer.brokers).filter(({ name }) => answer.missing.includes(name));
  const differences: TopicDifferences = { missing, growing: [], altered: [], unwanted: [] };
  return harmless('ChangeTopics', describe(differences), answer.target, { differences: plain(differences) });
}

function describe({ missing, growing, altered, unwanted }: TopicDifferences): string {
  const parts = [
    ...(missing.length > 0 ? [`creates ${missing.length} topics`] : []),
    ...growing.map(({ name, partitions }) => `grows ${name} to ${partitions} partitions`),
    ...altered.map(({ name, configs }) => `sets ${Object.keys(configs).join(', ')} of ${name}`),
    ...unwanted.map((name) => `deletes ${name}, which the manifest says shall be absent`),
  ];
  return parts.length === 0 ? '' : `The operator ${parts.join(', ')}.`;
}

/** Details of a step are JSON: the copy has no readonly arrays and nothing undefined. */
function plain(differences: TopicDifferences): NonNullable<Step['details'][string]> {
  return JSON.parse(JSON.stringify(differences));
}

async function change(broker: KafkajsBroker, { missing, growing, altered, unwanted }: TopicDifferences): Promise<void> {
  if (missing.length > 0) {
    await attempt(() => broker.createTopics({ topics: missing.map(newTopic), timeout: 10_000 }), creationRefusal);
  }
  if (growing.length > 0) {
    const topicPartitions = growing.map(({ name, partitions }) => ({ topic: name, count: partitions }));
    await attempt(() => broker.createPartitions({ topicPartitions, timeout: 10_000 }));
  }
  if (altered.length > 0) {
    await alterConfigs(
      broker,
      altered.map(({ name, configs }) => ({ type: configResources.topic, name, values: configs })),
    );
  }
  if (unwanted.length > 0) {
    await attempt(() => broker.deleteTopics({ topics: unwanted, timeout: 10_000 }));
  }
}

/** Throws with Kafka's reason, if `refusalOf` finds one in its error. */
async function attempt(
  work: () => Promise<unknown>,
  refusalOf: (error: unknown) => string | undefined = describeRefusal,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal !== undefined) {
      throw new Error(`Kafka refused a change of topics: ${refusal}`, { cause: error });
    }
  }
}
