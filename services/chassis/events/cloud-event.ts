/**
 * CloudEvents 1.0 in the binary mode of its Kafka binding: attributes are headers, the value is the data alone. Tools that route
 * or count events need not read the value.
 */
import type { z } from 'zod';
import type { DataOf, EventType } from '#contracts/events/event-type.ts';
import { formatTraceparent } from '#contracts/headers.ts';
import type { RequestContext } from '../context.ts';
import { EventContext } from '../kafka/event-context.ts';
import type { IncomingEvent } from '../kafka/incoming-event.ts';

/** An event that has happened, before it has an id. */
export interface NewEvent {
  readonly type: EventType;
  readonly data: unknown;
}

/** Pairs data with its type, so that the compiler compares them. */
export function newEvent<Type extends EventType>(type: Type, data: DataOf<Type>): NewEvent {
  return { type, data };
}

/** An event as it was received. */
export interface CloudEvent<Data = unknown> {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string | undefined;
  readonly time: Date;
  /** Id of the request that caused it. */
  readonly correlationId: string | undefined;
  /** Id of the event that caused it. */
  readonly causationId: string | undefined;
  readonly traceparent: string | undefined;
  readonly data: Data;
}

/** Not a CloudEvent, or not of the form that its type has. Another attempt is useless. */
export class InvalidEventError extends Error {
  override readonly name = 'InvalidEventError';
}

const jsonType = 'application/json';

/** What an event is stored and sent as. */
export interface EventRecord {
  readonly id: string;
  readonly topic: string;
  readonly key: string;
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string;
}

export interface EventOrigin {
  readonly id: string;
  /** `/shop/product`: what sends it. */
  readonly source: string;
  readonly time: Date;
  /** The request, or the handling of another event, that it happens in. */
  readonly context: RequestContext | undefined;
}

/** Throws `InvalidEventError` when the data is not what the type says: a defect of the sender. */
export function toRecord({ type, data }: NewEvent, origin: EventOrigin): EventRecord {
  const checked = parse(type, data);
  const key = type.key(checked);
  const version = type.version?.(checked);
  const { context } = origin;
  return {
    id: origin.id,
    topic: type.topic,
    key,
    type: type.type,
    headers: {
      ce_specversion: '1.0',
      ce_id: origin.id,
      ce_source: origin.source,
      ce_type: type.type,
      ce_subject: `${type.aggregate}/${key}`,
      ce_time: origin.time.toISOString(),
      ce_partitionkey: key,
      'content-type': jsonType,
      ...(version === undefined ? {} : { ce_aggregateversion: String(version) }),
      ...(context === undefined ? {} : headersOf(context)),
    },
    payload: JSON.stringify(checked),
  };
}

function headersOf(context: RequestContext): Readonly<Record<string, string>> {
  const { requestId, traceId } = context;
  return {
    ce_correlationid: requestId,
    ...(context instanceof EventContext ? { ce_causationid: context.causationId } : {}),
    ...(traceId === undefined ? {} : { ce_traceparent: formatTraceparent(traceId) }),
  };
}

/** `ce_type`, before anything else is looked at: what a consumer does not know, it leaves alone. */
export function typeOf({ headers }: IncomingEvent): string {
  const type = headers['ce_type'];
  if (type === undefined || headers['ce_specversion'] !== '1.0')
    throw new InvalidEventError('not a CloudEvent 1.0 in binary mode: ce_type or ce_specversion is missing or wrong');
  return type;
}

/** Checks and reads an event of that type. */
export function readCloudEvent<Type extends EventType>(type: Type, event: IncomingEvent): CloudEvent<DataOf<Type>> {
  const { headers } = event;
  const { ce_id: id, ce_source: source, ce_time: time } = headers;
  if (id === undefined || source === undefined) throw new InvalidEventError('ce_id or ce_source is missing');
  const contentType = headers['content-type'] ?? jsonType;
  if (!contentType.startsWith(jsonType)) throw new InvalidEventError(`the data is ${contentType}, not ${jsonType}`);
  const happened = time === undefined ? event.time : new Date(time);
  if (Number.isNaN(happened.getTime())) throw new InvalidEventError(`ce_time is no time: ${time}`);
  return {
    id,
    source,
    type: type.type,
    subject: headers['ce_subject'],
    time: happened,
    correlationId: headers['ce_correlationid'],
    causationId: headers['ce_causationid'],
    traceparent: headers['ce_traceparent'],
    data: parse(type, parseJson(event.value)),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidEventError('the data is not JSON', { cause });
  }
}

function parse<Type extends EventType>(type: Type, data: unknown): DataOf<Type> {
  const result = type.schema.safeParse(data);
  if (result.success) return result.data as DataOf<Type>; // the output of the type's own schema
  throw new InvalidEventError(`the data is no ${type.type}: ${describe(result.error)}`);
}

function describe({ issues }: z.ZodError): string {
  return issues
    .slice(0, 5)
    .map(({ path, message }) => `/${path.join('/')}: ${message}`)
    .join('; ');
}
