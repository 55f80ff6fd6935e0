import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { Reader } from '../contract.ts';
import { converse, LoginRefusedError } from './client.ts';
import { accessOf, type Connection, externalConnection, targetsOf } from './connection.ts';
import { type KafkajsBroker, readMetadata } from './kafkajs.ts';
import { newTopic } from './new-topic.ts';
import type { ExternalAnswer, ExternalObserved } from './observed.ts';
import { creationRefusal } from './refusal.ts';
import { wantedTopics } from './topics.ts';

/** Asks the servers that the user's Secret names: are they there, do they let us in, have they the topics? */
export async function gatherExternal(stack: CompleteStack, reader: Reader): Promise<ExternalObserved> {
  const connection = externalConnection(reader.secret(stack.kafka.connectionSecretName ?? '') ?? {});
  if (typeof connection === 'string') {
    const answer = { state: 'silent', message: connection } as const;
    return { mode: 'External', secretProblem: connection, address: '', answer };
  }
  const answer = await askServers(stack, connection, reader.signal);
  return { mode: 'External', secretProblem: undefined, address: connection.bootstrapServers, answer };
}

async function askServers(stack: CompleteStack, connection: Connection, signal: AbortSignal): Promise<ExternalAnswer> {
  let last: ExternalAnswer = { state: 'silent', message: 'No server is named' };
  for (const target of targetsOf(connection)) {
    try {
      const found = await converse(target, accessOf(connection), (broker) => lookFor(stack, broker), { signal });
      return { state: 'up', target, ...found };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      last = { state: error instanceof LoginRefusedError ? 'refused' : 'silent', message };
    }
  }
  return last;
}

async function lookFor(stack: CompleteStack, broker: KafkajsBroker) {
  const metadata = await readMetadata(broker);
  const present = new Set(metadata.topicMetadata.map(({ topic }) => topic));
  const missing = wantedTopics(stack, metadata.brokers.length).filter(({ name }) => !present.has(name));
  return {
    brokers: metadata.brokers.length,
    missing: missing.map(({ name }) => name),
    refusal: missing.length === 0 ? undefined : await refusalOf(broker, missing.map(newTopic)),
  };
}

/** A trial run: the server checks rights and values and creates nothing. Answers what speaks against it. */
async function refusalOf(
  broker: KafkajsBroker,
  topics: Parameters<KafkajsBroker['createTopics']>[0]['topics'],
): Promise<string | undefined> {
  try {
    await broker.createTopics({ topics, validateOnly: true });
    return undefined;
  } catch (error) {
    return creationRefusal(error);
  }
}
