/** What an event is to the services that send and handle it. */
import type { z } from 'zod';

/**
 * A type of event. The schema describes `data`, the value of the Kafka record. It is open: a consumer ignores fields that it
 * does not know, so that a field may be added. Anything else is a new type (`….v2`) that is sent beside the old one for a release.
 */
export interface EventType<Schema extends z.ZodType = z.ZodType> {
  /** `ce_type`: the shop, the domain, what happened, the version. */
  readonly type: string;
  /** Topic of `contracts/topics.ts`. */
  readonly topic: string;
  readonly summary: string;
  /** `ce_subject` is this and the key: `product/0192…`. */
  readonly aggregate: string;
  readonly schema: Schema;
  /** Id of the aggregate: the key of the record. Events of one key keep their order. */
  key(data: z.output<Schema>): string;
  /** Version of the aggregate after the event, where it has one: what is older than the version at hand is ignored. */
  version?(data: z.output<Schema>): number;
}

/** What an event of this type tells. */
export type DataOf<Type extends EventType> = z.output<Type['schema']>;

/** Declares a type of event; the type of its data comes from the schema. */
export function eventType<const Schema extends z.ZodType>(declaration: EventType<Schema>): EventType<Schema> {
  return declaration;
}
