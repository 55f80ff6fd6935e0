/** A consumer of CloudEvents whose effects happen once. */
import type { DataOf, EventType } from '#contracts/events/event-type.ts';
import type { ServiceName } from '#contracts/services.ts';
import { consumerGroup } from '#contracts/topics.ts';
import { type CloudEvent, InvalidEventError, readCloudEvent, typeOf } from '../events/cloud-event.ts';
import { type ConsumerOptions, type ConsumerTools, createConsumer, type Outcome } from '../kafka/consumer.ts';
import type { IncomingEvent } from '../kafka/incoming-event.ts';
import type { Database } from '../postgres/database.ts';
import { isTransient } from '../postgres/errors.ts';
import type { Transaction } from '../postgres/statement.ts';
import { createPurge, type PurgePace } from '../purge.ts';
import type { Worker } from '../service.ts';
import { createInbox, type Inbox, inboxHours } from './inbox.ts';

/** What happens for one type of event. */
export interface EventHandler {
  readonly type: EventType;
  handle(transaction: Transaction, event: IncomingEvent): Promise<void>;
}

/**
 * Pairs a type with its effect. `apply` works in the transaction only: it is called again when that fails, and what it did
 * elsewhere cannot be taken back.
 */
export function onEvent<Type extends EventType>(
  type: Type,
  apply: (transaction: Transaction, event: CloudEvent<DataOf<Type>>) => Promise<void>,
): EventHandler {
  return { type, handle: (transaction, event) => apply(transaction, readCloudEvent(type, event)) };
}

export interface EventConsumerOptions extends Pick<ConsumerOptions, 'retriesOf'> {
  readonly service: ServiceName;
  /** `indexing`: with the service's name the consumer group, and the consumer's name in the inbox. */
  readonly purpose: string;
  readonly handlers: readonly EventHandler[];
  /** Whether another attempt is useless (a rule of the domain); an invalid event is permanent in any case. */
  readonly isPermanent?: (error: unknown) => boolean;
  readonly purgePace?: PurgePace;
}

/** For the service's `workers`: the consumer and the purge of its inbox. Types without a handler are ignored and counted. */
export function createEventConsumer(
  options: EventConsumerOptions,
  database: Pick<Database, 'primary' | 'transaction' | 'hasWaiters'>,
  tools: ConsumerTools,
): readonly Worker[] {
  const { service, purpose, handlers, retriesOf } = options;
  const group = consumerGroup(service, purpose);
  const topics = [...new Set(handlers.map(({ type }) => type.topic))];
  const inbox = createInbox(database, { consumer: group, keepHours: inboxHours(topics) });
  const consumer = createConsumer(
    {
      group,
      topics,
      isHandled: (event) => inbox.has(event.id),
      handle: (event) => handleOnce(event, { handlers, inbox, database }),
      isOutage: isTransient,
      isBusy: () => database.hasWaiters(),
      isPermanent: (error) => error instanceof InvalidEventError || options.isPermanent?.(error) === true,
      ...(retriesOf === undefined ? {} : { retriesOf }),
    },
    tools,
  );
  const purge = createPurge(
    {
      what: `handled events of ${group}`,
      purgedMetric: 'inbox_events_purged_total',
      failuresMetric: 'inbox_purge_failures_total',
      labels: { consumer: group },
      purge: (limit) => inbox.purge(limit),
    },
    { logger: tools.client.logger, metrics: tools.metrics },
    options.purgePace,
  );
  return [consumer, purge];
}

interface Effects {
  readonly handlers: readonly EventHandler[];
  readonly inbox: Inbox;
  readonly database: Pick<Database, 'transaction'>;
}

async function handleOnce(event: IncomingEvent, { handlers, inbox, database }: Effects): Promise<Outcome> {
  const name = typeOf(event);
  const handler = handlers.find(({ type }) => type.type === name);
  if (handler === undefined) return 'ignored';
  return database.transaction(async (transaction) => {
    if (!(await inbox.claim(transaction, event.id))) return 'skipped';
    await handler.handle(transaction, event);
    return 'handled';
  });
}
