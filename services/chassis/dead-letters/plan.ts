/** What becomes of one dead letter that is played back. */
import type { ServiceName } from '#contracts/services.ts';
import { consumerGroupPrefix, type RetryTopic } from '#contracts/topics.ts';
import { forwardHeaders, type IncomingEvent } from '../kafka/incoming-event.ts';
import type { OutgoingEvent } from '../kafka/producer.ts';

export type Replay =
  | { readonly event: OutgoingEvent; readonly group: string }
  /** It stays where it is, for this reason. */
  | { readonly refusal: string }
  /** Another service gave it up. */
  | 'foreign';

export interface ReplayPlan {
  /** The service that plays back: an event is brought only to groups of its own. */
  readonly service: ServiceName;
  /** The first retry topic of the origin. */
  readonly retry: Pick<RetryTopic, 'name'>;
  readonly now: Date;
}

/** What the failure has added and a new beginning must not have. */
const spent: readonly string[] = [
  forwardHeaders.error,
  forwardHeaders.stackHash,
  forwardHeaders.attempts,
  forwardHeaders.notBefore,
];

/**
 * Into the retry topic and not the origin: there every event says whose it is, and the other groups of the topic, which have handled
 * it long ago, leave it alone. It is due at once, and has all attempts again. The headers that say where it came from stay: an event
 * without an id is known by them.
 */
export function planReplay({ headers, raw }: IncomingEvent, { service, retry, now }: ReplayPlan): Replay {
  const group = headers[forwardHeaders.consumerGroup];
  if (group?.startsWith(consumerGroupPrefix(service)) !== true) return 'foreign';
  const droppedBytes = headers[forwardHeaders.droppedBytes];
  if (droppedBytes !== undefined) {
    const { originalTopic, originalPartition, originalOffset } = forwardHeaders;
    const place = [originalTopic, originalPartition, originalOffset].map((name) => headers[name]).join('/');
    return { refusal: `its value of ${droppedBytes} bytes was left out; the original is ${place}` };
  }
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !spent.includes(name)));
  const replayed = { ...kept, [forwardHeaders.replayedAt]: now.toISOString() };
  return { event: { topic: retry.name, ...raw, headers: replayed }, group };
}
