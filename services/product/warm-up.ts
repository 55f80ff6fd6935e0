/** What most customers ask of the catalogue: a page of the list, and the products on it. */
import { z } from 'zod';
import type { WarmUp } from '#chassis/warm-up.ts';

const firstPage = '/api/v1/products?limit=10';
const slugs = z.object({ items: z.array(z.object({ slug: z.string() })) });

export const warmUp: WarmUp = async (look) => {
  const page = await look(firstPage);
  const { items } = page === undefined ? { items: [] } : slugs.parse(JSON.parse(page));
  return [firstPage, ...items.map(({ slug }) => `/api/v1/products/${slug}`)];
};
