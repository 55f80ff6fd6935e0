/** Announces changes: an event is written in the transaction of the change, and a relay publishes it afterwards. */
import { currentContext } from '../context.ts';
import { type EventRecord, InvalidEventError, type NewEvent, toRecord } from '../events/cloud-event.ts';
import { uuidv7 } from '../ids.ts';
import type { Transaction } from '../postgres/statement.ts';
import { appendRecords } from './store.ts';

export interface Outbox {
  /**
   * Writes events in the transaction; they are published, in this order, after it commits, and never if it does not. Until then
   * other transactions with events of the same keys wait. Throws `InvalidEventError` for data that is not what its type says.
   */
  append(transaction: Transaction, ...events: readonly NewEvent[]): Promise<void>;
}

/** Hides payloads from who reads the table. What is stored belongs to the event with this id and to no other one. */
export interface PayloadSeal {
  seal(payload: string, eventId: string): string;
  /** Also takes what was stored before there was a seal. */
  open(stored: string, eventId: string): string;
}

export interface OutboxOptions {
  readonly service: string;
  /** What this service may send to. */
  readonly topics: readonly string[];
  /** Whether a commit wakes the relay, instead of its next look. */
  readonly notify: boolean;
  /** Absent: payloads are stored as they are sent. */
  readonly seal?: PayloadSeal | undefined;
}

/**
 * A broker takes batches of 1 MiB. What is larger is refused here, where the caller is told, and not by Kafka, where it would hold up
 * its key.
 */
export const maximumPayloadBytes = 512 * 1024;

export function createOutbox({ service, topics, notify, seal }: OutboxOptions): Outbox {
  const source = `/shop/${service}`;
  return {
    append: async (transaction, ...events) => {
      if (events.length === 0) return;
      const time = new Date();
      const context = currentContext();
      const records = events.map((event) => toRecord(event, { id: uuidv7(), source, time, context }));
      for (const record of records) assertSendable(record, topics);
      const stored = seal === undefined ? records : records.map((record) => sealPayload(record, seal));
      await appendRecords(transaction, stored, notify);
    },
  };
}

function sealPayload(record: EventRecord, { seal }: PayloadSeal): EventRecord {
  return { ...record, payload: seal(record.payload, record.id) };
}

function assertSendable({ topic, type, payload }: EventRecord, topics: readonly string[]): void {
  if (!topics.includes(topic))
    throw new InvalidEventError(`${type} is for ${topic}, which this service may not send to`);
  const bytes = Buffer.byteLength(payload);
  if (bytes > maximumPayloadBytes)
    throw new InvalidEventError(`a ${type} of ${bytes} bytes is larger than ${maximumPayloadBytes}`);
}
