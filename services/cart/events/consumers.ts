/** What this service does about events of others. */
import { InvalidEventError, readCloudEvent, typeOf } from '#chassis/events/cloud-event.ts';
import { createEventConsumer, onEvent } from '#chassis/inbox/event-consumer.ts';
import { type ConsumerTools, createConsumer, type Outcome } from '#chassis/kafka/consumer.ts';
import type { IncomingEvent } from '#chassis/kafka/incoming-event.ts';
import { ProblemError } from '#chassis/problem.ts';
import type { Worker } from '#chassis/service.ts';
import { productCreated, productDeleted, productPriceChanged, productUpdated } from '#contracts/events/product.ts';
import { userDeleted } from '#contracts/events/user.ts';
import { consumerGroup, topics } from '#contracts/topics.ts';
import type { OfferCache } from '../catalogue/offer-cache.ts';
import { toOffers } from '../catalogue/product-offers.ts';
import type { CartDeps } from '../deps.ts';
import { forgetUser } from '../use-cases/forget-user.ts';

/**
 * Keeps the cached prices those of the catalogue. No inbox: an event is a whole state with a version, and one that comes twice or
 * too late changes nothing.
 */
export function createPriceConsumer(cache: OfferCache, tools: ConsumerTools): Worker {
  return createConsumer(
    {
      group: consumerGroup('cart', 'prices'),
      topics: [topics.product.name],
      handle: (event) => keepOffer(cache, event),
      isPermanent: (error) => error instanceof InvalidEventError,
      isOutage: isStoreAway,
    },
    tools,
  );
}

async function keepOffer(cache: OfferCache, event: IncomingEvent): Promise<Outcome> {
  const name = typeOf(event);
  if (name === productDeleted.type) {
    const { id, version } = readCloudEvent(productDeleted, event).data;
    await cache.putProduct({ id, version, offers: [] });
    return 'handled';
  }
  const type = [productCreated, productUpdated, productPriceChanged].find((one) => one.type === name);
  if (type === undefined) return 'ignored';
  const { product } = readCloudEvent(type, event).data;
  await cache.putProduct({ id: product.id, version: product.version, offers: toOffers(product) });
  return 'handled';
}

/** Removes what leads to somebody whose account was erased. */
export function createErasureConsumer(
  deps: Pick<CartDeps, 'carts' | 'database'>,
  tools: ConsumerTools,
): readonly Worker[] {
  const forget = onEvent(userDeleted, (transaction, { data }) => forgetUser(deps, transaction, data.userId));
  const options = { service: 'cart', purpose: 'erasure', handlers: [forget] } as const;
  return createEventConsumer(options, deps.database, tools);
}

/** Redis or PostgreSQL, not the event: all others would fail, too. */
function isStoreAway(error: unknown): boolean {
  return error instanceof ProblemError && (error.code === 'service-unavailable' || error.code === 'deadline-exceeded');
}
