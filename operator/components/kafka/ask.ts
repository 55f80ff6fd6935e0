import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { aclNumbers, isOfService, toRight } from './acls.ts';
import { type Access, type BrokerTarget, converse, LoginRefusedError } from './client.ts';
import { differingSettings } from './differences.ts';
import { type KafkajsAcl, type KafkajsBroker, type KafkajsMetadata, readMetadata } from './kafkajs.ts';
import { clientServices } from './names.ts';
import type { Answer, ClusterFacts, ObservedTopic } from './observed.ts';
import { alterConfigs, configResources } from './protocol/configs.ts';
import { describeQuorum } from './protocol/quorum.ts';
import { describeUsers } from './protocol/users.ts';
import { RequestRefusedError } from './protocol/wire.ts';
import { ownedTopicConfigs } from './topics.ts';

/**
 * Everything that a pass wants to know of the cluster, from the first of the brokers that answers. Never rejects: what
 * goes wrong is an answer too.
 */
export async function askCluster(
  targets: readonly BrokerTarget[],
  access: Access,
  { stack, signal }: { readonly stack: CompleteStack; readonly signal: AbortSignal },
): Promise<Answer> {
  let last: Answer = { state: 'silent', message: 'No broker has an address yet' };
  for (const target of targets) {
    try {
      return {
        state: 'up',
        target,
        facts: await converse(target, access, (broker) => readFacts(stack, broker), { signal }),
      };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      last = { state: error instanceof LoginRefusedError ? 'refused' : 'silent', message };
    }
  }
  return last;
}

/** Two round trips: what can be asked at once, and the settings of the topics that the first one named. */
async function readFacts(stack: CompleteStack, broker: KafkajsBroker): Promise<ClusterFacts> {
  const [metadata, quorum, users, acls, settings] = await Promise.all([
    readMetadata(broker),
    describeQuorum(broker),
    describeUsers(broker, clientServices),
    readAcls(broker),
    readSettings(broker),
  ]);
  const ours = acls.filter(isOfService);
  return {
    clusterId: metadata.clusterId,
    brokers: metadata.brokers.map(({ nodeId }) => nodeId).toSorted((a, b) => a - b),
    quorum,
    topics: await readTopics(broker, metadata),
    settings,
    settingsRefusal: await findRefusal(broker, differingSettings({ settings }, stack)),
    users,
    rights: ours.flatMap((acl) => toRight(acl) ?? []),
    strangeAcls: ours.filter((acl) => toRight(acl) === undefined),
  };
}

async function readAcls(broker: KafkajsBroker): Promise<readonly KafkajsAcl[]> {
  const { any } = aclNumbers;
  const { resources } = await broker.describeAcls({
    resourceType: any,
    resourcePatternType: any,
    operation: any,
    permissionType: any,
  });
  return resources.flatMap(({ acls, resourceType, resourceName, resourcePatternType }) =>
    acls.map((acl) => ({ ...acl, resourceType, resourceName, resourcePatternType })),
  );
}

/** Number of the source "set for all brokers while they run". */
const clusterWide = 3;

async function readSettings(broker: KafkajsBroker): Promise<Readonly<Record<string, string>>> {
  const { resources } = await broker.describeConfigs({ resources: [{ type: configResources.broker, name: '' }] });
  const entries = resources.flatMap(({ configEntries }) => configEntries);
  return Object.fromEntries(
    entries
      .filter(({ configSource }) => configSource === clusterWide)
      .map(({ configName, configValue }) => [configName, configValue]),
  );
}

/** A trial run of what differs: brokers check values, and some against what they run with, before they take them. */
async function findRefusal(
  broker: KafkajsBroker,
  values: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  if (Object.keys(values).length === 0) {
    return undefined;
  }
  try {
    await alterConfigs(broker, [{ type: configResources.broker, name: '', values }], { validateOnly: true });
    return undefined;
  } catch (error) {
    if (error instanceof RequestRefusedError) {
      return error.message;
    }
    throw error;
  }
}

async function readTopics(broker: KafkajsBroker, metadata: KafkajsMetadata): Promise<readonly ObservedTopic[]> {
  const names = metadata.topicMetadata.map(({ topic }) => topic);
  if (names.length === 0) {
    return [];
  }
  const { resources } = await broker.describeConfigs({
    resources: names.map((name) => ({ type: configResources.topic, name, configNames: ownedTopicConfigs })),
  });
  const configs = new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
  return metadata.topicMetadata.map((topic) => readTopic(topic, configs.get(topic.topic) ?? {}));
}

function readTopic(
  { topic, isInternal, partitionMetadata }: KafkajsMetadata['topicMetadata'][number],
  configs: Readonly<Record<string, string>>,
): ObservedTopic {
  return {
    name: topic,
    isInternal,
    minimumInSync: Number(configs['min.insync.replicas'] ?? 1),
    configs,
    partitions: partitionMetadata
      .map(({ partitionId, leader, replicas, isr }) => ({ id: partitionId, leader, replicas, inSync: isr }))
      .toSorted((a, b) => a.id - b.id),
  };
}
