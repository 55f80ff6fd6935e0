/** What is sold at which price now: the cache first, the product service for the rest. */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '#chassis/logger.ts';
import { type Neighbour, NeighbourError } from '#chassis/neighbours/neighbour.ts';
import { ProblemError } from '#chassis/problem.ts';
import type { Offer, VariantRef } from '../domain/offer.ts';
import type { Offers } from '../domain/priced-cart.ts';
import type { OfferCache } from './offer-cache.ts';
import { fetchOffers } from './product-offers.ts';

export interface Catalogue {
  /** For showing: what nobody can say now is left out. Throws only when Redis is away. */
  look(refs: readonly VariantRef[]): Promise<Offers>;
  /** For a change: throws `service-unavailable` when the product service is needed and away. */
  ask(refs: readonly VariantRef[]): Promise<Offers>;
  /** For a promise of prices: asks the product service in any case. */
  askAnew(refs: readonly VariantRef[]): Promise<Offers>;
}

export function createCatalogue(cache: OfferCache, product: Neighbour, logger: Logger): Catalogue {
  const keep = ({ variantId }: VariantRef, offer: Offer | undefined) =>
    offer === undefined ? cache.putMissing(variantId) : cache.put(offer);
  const getCached = (refs: readonly VariantRef[]) => cache.get(refs.map(({ variantId }) => variantId));
  const fetchAll = async (refs: readonly VariantRef[]): Promise<Offers> => {
    const offers = await fetchOffers(product, refs);
    await Promise.all(refs.map((ref) => keep(ref, offers.get(ref.variantId))));
    return toAnswer(refs, offers);
  };
  /** Most of what is asked anew is in the cache as it is: reading it costs less than writing all of it again. */
  const fetchAnew = async (refs: readonly VariantRef[]): Promise<Offers> => {
    const [offers, cached] = await Promise.all([fetchOffers(product, refs), getCached(refs)]);
    const changed = refs.filter(({ variantId }, index) => {
      const offer = offers.get(variantId) ?? null;
      return !isDeepStrictEqual(offer, cached[index]);
    });
    await Promise.all(changed.map((ref) => keep(ref, offers.get(ref.variantId))));
    return toAnswer(refs, offers);
  };
  const readCached = async (refs: readonly VariantRef[]) => {
    const cached = await getCached(refs);
    const known = new Map<string, Offer | undefined>();
    const unknown: VariantRef[] = [];
    for (const [index, ref] of refs.entries()) {
      const offer = cached[index];
      if (offer === undefined) unknown.push(ref);
      else known.set(ref.variantId, offer ?? undefined);
    }
    return { known, unknown };
  };
  const lookUp = async (refs: readonly VariantRef[]): Promise<Offers> => {
    const { known, unknown } = await readCached(refs);
    return unknown.length === 0 ? known : new Map([...known, ...(await fetchAll(unknown))]);
  };
  return {
    look: async (refs) => {
      const { known, unknown } = await readCached(refs);
      if (unknown.length === 0) return known;
      try {
        return new Map([...known, ...(await fetchAll(unknown))]);
      } catch (err) {
        if (!(err instanceof NeighbourError)) throw err;
        logger.warn({ err }, 'prices are the last ones known: the product service does not answer');
        return known;
      }
    },
    ask: (refs) => orUnavailable(() => lookUp(refs)),
    askAnew: (refs) => orUnavailable(() => fetchAnew(refs)),
  };
}

function toAnswer(refs: readonly VariantRef[], offers: ReadonlyMap<string, Offer>): Offers {
  return new Map(refs.map(({ variantId }) => [variantId, offers.get(variantId)]));
}

async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NeighbourError)) throw error;
    const detail = 'the product service does not answer, and without it there is no price';
    throw new ProblemError('service-unavailable', detail, { cause: error, retryAfterSeconds: 1 });
  }
}
