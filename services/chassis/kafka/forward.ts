/** Passes on what a consumer could not handle: to the next retry topic, or to the dead-letter topic. */
import { createHash } from 'node:crypto';
import { deadLetterTopic, type RetryTopic } from '#contracts/topics.ts';
import { forwardHeaders, type IncomingEvent } from './incoming-event.ts';
import type { EventProducer, OutgoingEvent } from './producer.ts';
import { isRefusal } from './refusal.ts';

/** Where a topic's events go that cannot be handled. */
export interface Route {
  /** Name of the topic that the event was first sent to. */
  readonly origin: string;
  /** What is left of the retry topics; empty: the dead-letter topic. */
  readonly retries: readonly RetryTopic[];
  /** How long events of this topic wait before they are handled; 0 for the topic itself. */
  readonly delayMs: number;
}

export type Routes = ReadonlyMap<string, Route>;

/** The topics that a consumer reads, each with where its failures go. */
export function planRoutes(topics: readonly string[], retriesOf: (topic: string) => readonly RetryTopic[]): Routes {
  const routes = new Map<string, Route>();
  for (const origin of topics) {
    const retries = retriesOf(origin);
    routes.set(origin, { origin, retries, delayMs: 0 });
    for (const [index, { name, delayMs }] of retries.entries())
      routes.set(name, { origin, retries: retries.slice(index + 1), delayMs });
  }
  return routes;
}

export interface Failure {
  readonly error: unknown;
  /** In this topic; those of the topics before are added. */
  readonly attempts: number;
  readonly isPermanent: boolean;
  readonly group: string;
  readonly now: Date;
}

export interface Forwarding {
  readonly event: OutgoingEvent;
  readonly outcome: 'retry' | 'dead';
}

/** The event as it came, with the reason. */
export function planForwarding(event: IncomingEvent, route: Route, failure: Failure): Forwarding {
  const next = failure.isPermanent ? undefined : route.retries[0];
  const { headers } = event;
  const { error, now } = failure;
  const reason = error instanceof Error ? error.message : String(error);
  // Of the failure before, and not of this one.
  const { [forwardHeaders.notBefore]: _before, [forwardHeaders.stackHash]: _hash, ...kept } = headers;
  const forwarded: Readonly<Record<string, string>> = {
    ...kept,
    [forwardHeaders.error]: reason.slice(0, 1000),
    ...stackHeader(error),
    [forwardHeaders.attempts]: String(failure.attempts + attemptsBefore(headers)),
    [forwardHeaders.originalTopic]: headers[forwardHeaders.originalTopic] ?? event.topic,
    [forwardHeaders.originalPartition]: headers[forwardHeaders.originalPartition] ?? String(event.partition),
    [forwardHeaders.originalOffset]: headers[forwardHeaders.originalOffset] ?? event.offset,
    [forwardHeaders.firstFailedAt]: headers[forwardHeaders.firstFailedAt] ?? now.toISOString(),
    [forwardHeaders.consumerGroup]: failure.group,
    ...(next === undefined ? {} : { [forwardHeaders.notBefore]: new Date(now.getTime() + next.delayMs).toISOString() }),
  };
  return {
    outcome: next === undefined ? 'dead' : 'retry',
    event: {
      topic: next?.name ?? deadLetterTopic(route.origin),
      ...event.raw,
      headers: forwarded,
    },
  };
}

/** Lines and columns are left out: they differ between releases that fail in the same way. */
function stackHeader(error: unknown): Readonly<Record<string, string>> {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  if (frames.length === 0) return {};
  const places = frames.map((line) => line.replace(/(:\d+){1,2}\)?$/, '')).join('\n');
  return { [forwardHeaders.stackHash]: createHash('sha256').update(places).digest('hex').slice(0, 12) };
}

function attemptsBefore(headers: IncomingEvent['headers']): number {
  const attempts = Number(headers[forwardHeaders.attempts] ?? 0);
  return Number.isSafeInteger(attempts) && attempts > 0 ? attempts : 0;
}

/**
 * Sends it. An event that was nearly too large is too large with its reason: then its value is left out, for a partition must not
 * stop for it, and the headers tell where the original is.
 */
export async function forward(producer: EventProducer, { event }: Forwarding): Promise<void> {
  try {
    await producer.send(event);
  } catch (error) {
    if (!isRefusal(error) || event.value === null) throw error;
    const droppedBytes = String(Buffer.byteLength(event.value));
    await producer.send({
      ...event,
      value: null,
      headers: { ...event.headers, [forwardHeaders.droppedBytes]: droppedBytes },
    });
  }
}

/** When an event that waits in a retry topic is due; undefined: now. */
export function dueAt(event: IncomingEvent): Date | undefined {
  const text = event.headers[forwardHeaders.notBefore];
  const due = new Date(text ?? Number.NaN);
  return Number.isNaN(due.getTime()) ? undefined : due;
}

/** Whether an event of a retry topic is there for another consumer: all consumers of a topic share its retry topics. */
export function isForAnother(event: IncomingEvent, group: string): boolean {
  const owner = event.headers[forwardHeaders.consumerGroup];
  return owner !== undefined && owner !== group;
}
