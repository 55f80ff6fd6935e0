/** Plays dead letters back to the consumers that gave them up. */
import type { ServiceName } from '#contracts/services.ts';
import { consumerGroup, deadLetterTopic, type RetryTopic, retryTopics } from '#contracts/topics.ts';
import type { KafkaClient } from '../kafka/client.ts';
import type { IncomingEvent } from '../kafka/incoming-event.ts';
import type { EventProducer } from '../kafka/producer.ts';
import type { ReplayRequest } from './arguments.ts';
import { planReplay } from './plan.ts';
import { readLetters } from './read-letters.ts';

export interface ReplayTools {
  readonly service: ServiceName;
  readonly client: KafkaClient;
  readonly producer: Pick<EventProducer, 'send'>;
  /** Takes one line of the report. */
  readonly tell: (line: string) => void;
  /** By default those of the contracts. */
  readonly retriesOf?: (topic: string) => readonly RetryTopic[];
}

export interface ReplayResult {
  readonly replayed: number;
  readonly refused: number;
  /** Ids that were asked for and are no dead letters of this service. */
  readonly missing: readonly string[];
}

/**
 * With `all`, the place up to which letters were played back is kept as the offset of a consumer group: asked again, only newer ones
 * are sent. A choice of ids looks at everything, with a group that has no place, and moves nothing; what is sent a second time so is
 * known by its consumer, from the inbox or by its version. So it is when Kafka has forgotten the place, seven days after its last use.
 */
export async function replayDeadLetters(request: ReplayRequest, tools: ReplayTools): Promise<ReplayResult> {
  const { topic, events, isDryRun } = request;
  const { service, client, producer, tell, retriesOf = retryTopics } = tools;
  const [retry] = retriesOf(topic);
  if (retry === undefined) throw new Error(`${topic} has no retry topic to play back into`);
  const isAll = events === 'all';
  const missing = new Set(isAll ? [] : events);
  const counts = { replayed: 0, refused: 0 };
  const play = async (letter: IncomingEvent): Promise<void> => {
    const plan = planReplay(letter, { service, retry, now: new Date() });
    if (plan === 'foreign') return;
    missing.delete(letter.id);
    if ('refusal' in plan) {
      counts.refused += 1;
      tell(`left ${letter.id}: ${plan.refusal}`);
      return;
    }
    if (!isDryRun) await producer.send(plan.event);
    counts.replayed += 1;
    tell(`${isDryRun ? 'would replay' : 'replayed'} ${letter.id} to ${plan.group} by ${plan.event.topic}`);
  };
  await readLetters(client, {
    topic: deadLetterTopic(topic),
    group: consumerGroup(service, isAll ? 'dead-letters' : 'chosen-dead-letters'),
    keepsPlace: isAll && !isDryRun,
    visit: async (letter) => {
      if (isAll || events.has(letter.id)) await play(letter);
    },
  });
  for (const id of missing) tell(`not found ${id}`);
  tell(`${counts.replayed} replayed, ${counts.refused} left, ${missing.size} not found${isDryRun ? ' (dry run)' : ''}`);
  return { ...counts, missing: [...missing] };
}
