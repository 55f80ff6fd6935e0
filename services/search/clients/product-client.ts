/** What is read from the product service, by its public API. */
import { z } from 'zod';
import type { Neighbour } from '#chassis/neighbours/neighbour.ts';
import { type ProductState, productUpdated } from '#contracts/events/product.ts';
import type { Category } from '../domain/categories.ts';

export interface ProductPage {
  readonly products: readonly ProductState[];
  /** Undefined: that was the last. */
  readonly next: string | undefined;
}

/** Every call rejects when the service does not answer in time or not as described. */
export interface ProductClient {
  /** Products that customers may see, from the oldest on, as they are in the primary database. */
  readProducts(after: string | undefined): Promise<ProductPage>;
  countProducts(): Promise<number>;
  readCategories(): Promise<readonly Category[]>;
}

const pageSize = 100;

const cursor = z.string().nullable();
// A product is the same in events and in pages.
const productPage = z.looseObject({ items: z.array(z.unknown()), nextCursor: cursor, totalCount: z.int().optional() });
const categoryPage = z.looseObject({
  items: z.array(z.object({ id: z.string(), parentId: z.string().nullable(), slug: z.string(), name: z.string() })),
  nextCursor: cursor,
});

/** What is asked for as a service is read from the primary, and no replica's lag is in it. */
export function createProductClient(product: Pick<Neighbour, 'get'>): ProductClient {
  return {
    readProducts: async (after) => {
      const page = await product.get(`/api/v1/products?${query({ sort: 'oldest', cursor: after })}`, productPage);
      const products = page.items.map((product) => productUpdated.schema.parse({ product }).product);
      return { products, next: page.nextCursor ?? undefined };
    },
    countProducts: async () => {
      const page = await product.get('/api/v1/products?limit=1&count=exact', productPage);
      if (page.totalCount === undefined) throw new Error('the product service does not say how many products it has');
      return page.totalCount;
    },
    readCategories: async () => {
      const categories: Category[] = [];
      for (let after: string | undefined; ; ) {
        const page = await product.get(`/api/v1/categories?${query({ cursor: after })}`, categoryPage);
        categories.push(...page.items);
        if (page.nextCursor === null) return categories;
        after = page.nextCursor;
      }
    },
  };
}

function query(values: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return new URLSearchParams([['limit', String(pageSize)], ...given]).toString();
}
