import type { ServiceName } from './services.ts';

/**
 * The topics of the shop: the only declaration of them. Services take names from here, the operator creates the topics
 * and lets each service do exactly what its row says.
 *
 * One topic per domain and not per type of event, so that the events of one order keep their order. The name ends with
 * the version of the envelope; a breaking change of one event is a new type on the same topic.
 */
export interface Topic {
  readonly name: string;
  /** What the partition is chosen by. */
  readonly key: string;
  /** Partitions in the profile Development and in Production; may only grow. */
  readonly partitions: { readonly Development: number; readonly Production: number };
  /** `compact` keeps the last event of each key for ever; the newest are kept whole for `retentionHours`. */
  readonly cleanup: 'delete' | 'compact';
  readonly retentionHours: number;
  readonly producers: readonly ServiceName[];
  readonly consumers: readonly ServiceName[];
}

const few = { Development: 3, Production: 6 } as const;
const some = { Development: 6, Production: 12 } as const;
const many = { Development: 6, Production: 24 } as const;
const day = 24;

export const topics = {
  user: {
    name: 'shop.user.v1',
    key: 'user id',
    partitions: few,
    cleanup: 'delete',
    retentionHours: 7 * day,
    producers: ['user'],
    consumers: ['notification', 'order', 'cart'],
  },
  product: {
    name: 'shop.product.v1',
    key: 'product id',
    partitions: some,
    // Full states: a new search index is filled from the topic alone.
    cleanup: 'compact',
    retentionHours: 30 * day,
    producers: ['product'],
    consumers: ['search', 'cart', 'inventory'],
  },
  inventory: {
    name: 'shop.inventory.v1',
    key: 'SKU',
    partitions: many,
    cleanup: 'delete',
    retentionHours: 7 * day,
    producers: ['inventory'],
    consumers: ['search', 'product', 'order', 'notification'],
  },
  cart: {
    name: 'shop.cart.v1',
    key: 'cart id',
    partitions: few,
    cleanup: 'delete',
    retentionHours: 3 * day,
    producers: ['cart'],
    consumers: ['notification'],
  },
  order: {
    name: 'shop.order.v1',
    key: 'order id',
    partitions: many,
    cleanup: 'delete',
    retentionHours: 30 * day,
    producers: ['order'],
    consumers: ['notification', 'search', 'payment', 'inventory', 'cart'],
  },
  payment: {
    name: 'shop.payment.v1',
    key: 'payment id',
    partitions: some,
    cleanup: 'delete',
    retentionHours: 30 * day,
    producers: ['payment'],
    consumers: ['order', 'notification'],
  },
  // Topics of sagas: the operator makes them and gives the rights, so that the order service finds them. Nothing is sent yet; until it
  // comes, reservations are made over HTTP.
  inventoryCommands: {
    name: 'shop.saga.commands.inventory.v1',
    key: 'order id',
    partitions: some,
    cleanup: 'delete',
    retentionHours: 3 * day,
    producers: ['order'],
    consumers: ['inventory'],
  },
  paymentCommands: {
    name: 'shop.saga.commands.payment.v1',
    key: 'order id',
    partitions: some,
    cleanup: 'delete',
    retentionHours: 3 * day,
    producers: ['order'],
    consumers: ['payment'],
  },
  sagaReplies: {
    name: 'shop.saga.replies.v1',
    key: 'order id',
    partitions: some,
    cleanup: 'delete',
    retentionHours: 3 * day,
    producers: ['inventory', 'payment'],
    consumers: ['order'],
  },
  notification: {
    name: 'shop.notification.v1',
    key: 'hash of the recipient',
    partitions: few,
    cleanup: 'delete',
    retentionHours: 7 * day,
    producers: ['notification'],
    consumers: ['gateway'],
  },
} as const satisfies Record<string, Topic>;

/** All of them, by name. */
export const shopTopics: readonly Topic[] = Object.values(topics).toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** A topic where events wait that a consumer could not handle yet. */
export interface RetryTopic {
  readonly name: string;
  /** From the failure to the next attempts. The same for all events of the topic, so that the first one in it is the first one due. */
  readonly delayMs: number;
}

/** The waits of the retry topics of every topic that has consumers, in order. */
const retryDelays = [
  { suffix: 'retry.1m', delayMs: 60_000 },
  { suffix: 'retry.10m', delayMs: 600_000 },
] as const;

/** Longer than any delay: consumers that were stopped for some days still find the events. */
export const retryRetentionHours = 7 * day;

/**
 * Where a consumer of `topic` puts an event that it could not handle: into the first, from there into the next, from the last
 * into the dead-letter topic. All consumers of the topic share them; each event says whose it is.
 */
export function retryTopics(topic: string): readonly RetryTopic[] {
  return retryDelays.map(({ suffix, delayMs }) => ({ name: `${topic}.${suffix}`, delayMs }));
}

/** How long an event that nobody could handle waits for a person, hours. */
export const deadLetterRetentionHours = 14 * day;

/** Where a consumer of `topic` puts an event that it gave up on. */
export function deadLetterTopic(topic: string): string {
  return `${topic}.dlq`;
}

/** The topics that a service sends to. */
export function topicsProducedBy(service: ServiceName): readonly string[] {
  return shopTopics.filter(({ producers }) => producers.includes(service)).map(({ name }) => name);
}

/** The topics that a service handles events of. */
export function topicsConsumedBy(service: ServiceName): readonly string[] {
  return shopTopics.filter(({ consumers }) => consumers.includes(service)).map(({ name }) => name);
}

/** Id of a consumer group: a service may use all that begin with its own name. */
export function consumerGroup(service: ServiceName, purpose: string): string {
  return `${consumerGroupPrefix(service)}${purpose}`;
}

/** What the ids of a service's consumer groups begin with. */
export function consumerGroupPrefix(service: ServiceName): string {
  return `${service}.`;
}
