import { type Answer, expectStatus } from './answers.ts';
import type { ServiceProgram } from './service-program.ts';

/** An article that is for sale. */
export interface Article {
  readonly id: string;
  readonly slug: string;
  readonly sku: string;
}

let count = 0;

/** Adds one to the catalogue, as an editor does; `changes` replace fields. */
export async function addArticle(
  product: Pick<ServiceProgram, 'call'>,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<Article> {
  count += 1;
  const body = {
    slug: `article-${count}`,
    title: `Article ${count}`,
    description: 'Made by hand from oiled oak, with a handle of cast iron. Wipe it with a damp cloth.',
    status: 'active',
    sku: `ART-${count}`,
    prices: [{ currency: 'EUR', amountMinor: 1999 }],
    attributes: { material: 'oak', maker: 'Alder', weight: 1200 },
    ...changes,
  };
  const answer: Answer = await product.call('POST', '/api/v1/products', { roles: ['catalog-manager'], body });
  return expectStatus(answer, 201).json;
}
