/** `/bff`: what the pages of a shop need, in one answer each. */
import { z } from 'zod';
import { type Input, type Reply, type Route, routesWith } from '#chassis/http/route.ts';
import type { Upstreams } from '../proxy/upstreams.ts';
import { type CheckoutDeps, checkoutRoutes } from './checkout.ts';
import { askForPart, gatherParts, type Warning } from './part.ts';
import { pageOf, skuAvailability, warnings } from './schemas.ts';

export type BffDeps = CheckoutDeps;

const route = routesWith<BffDeps>();

const tag = 'pages';
/** Of the newest products, and of those beside a product. */
const listedProducts = 12;
/** As many as a menu has. */
const listedCategories = 100;

/** What the page relies on; the rest passes as the service says it. */
const productMembers = { id: z.uuid(), slug: z.string(), title: z.string(), categoryId: z.uuid().nullable() };
const product = z
  .looseObject(productMembers)
  .meta({ id: 'PageProduct', description: 'A product as `GET /api/v1/products` has it.' });
const shownProduct = z
  .looseObject({ ...productMembers, variants: z.array(z.looseObject({ sku: z.string() })).min(1) })
  .meta({ id: 'PageProductDetail', description: 'A product as `GET /api/v1/products/{id}` has it.' });
const category = z
  .looseObject({ id: z.uuid(), slug: z.string(), name: z.string() })
  .meta({ id: 'PageCategory', description: 'A category as `GET /api/v1/categories/{id}` has it.' });
const homeSchema = z
  .strictObject({
    products: z.array(product).nullable().meta({ description: 'The newest.' }),
    categories: z.array(category).nullable().meta({ description: 'Those at the top.' }),
    warnings,
  })
  .meta({ id: 'HomePage' });

const productPageSchema = z
  .strictObject({
    product: shownProduct,
    category: category.nullable().meta({ description: 'Null as well when the product has none.' }),
    related: z.array(product).nullable().meta({ description: 'Others of its category.' }),
    availability: z
      .array(skuAvailability)
      .nullable()
      .meta({ description: 'What `GET /api/v1/availability` says of the SKUs of its variants, in their order.' }),
    warnings,
  })
  .meta({ id: 'ProductDetailPage' });

type Visited = Input<unknown, unknown, unknown>;

const home = route(
  {
    operationId: 'getHomePage',
    method: 'GET',
    path: '/bff/home',
    summary: 'The first page of a shop',
    description:
      'Its parts are asked for at once. What cannot be had within two seconds is null, and `warnings` says why.',
    tag,
    access: 'public',
    responses: { 200: { description: 'The page, perhaps without some of its parts.', schema: homeSchema } },
    problems: ['too-many-requests'],
  },
  async (input, { upstreams }) => {
    const list = <Item extends z.ZodType>(path: string, item: Item) =>
      askForPart(upstreams, input, { upstream: 'product', path, schema: pageOf(item) }).then(({ items }) => items);
    const { values, warnings: missing } = await gatherParts({
      products: list(`/api/v1/products?limit=${listedProducts}`, product),
      categories: list(`/api/v1/categories?level=1&limit=${listedCategories}`, category),
    });
    return toPage({ ...values, warnings: missing });
  },
);

const productPage = route(
  {
    operationId: 'getProductPage',
    method: 'GET',
    path: '/bff/product/{slug}',
    summary: 'The page of a product',
    description: 'Without the product there is no page; its other parts are null when they cannot be had.',
    tag,
    access: 'public',
    params: z.strictObject({ slug: z.string().min(1).max(96) }),
    responses: { 200: { description: 'The page, perhaps without some of its parts.', schema: productPageSchema } },
    problems: [
      'not-found',
      'too-many-requests',
      'upstream-not-deployed',
      'upstream-unavailable',
      'upstream-timeout',
      'bad-gateway',
    ],
  },
  async (input, { upstreams }) => {
    const path = `/api/v1/products/${encodeURIComponent(input.params.slug)}`;
    const found = await askForPart(upstreams, input, { upstream: 'product', path, schema: shownProduct });
    const { values, warnings: missing } = await gatherParts(partsOf(found, input, upstreams));
    return toPage({ product: found, ...values, warnings: missing });
  },
);

function partsOf(found: z.output<typeof shownProduct>, input: Visited, upstreams: Upstreams) {
  const { id, variants, categoryId } = found;
  const skus = variants.map(({ sku }) => encodeURIComponent(sku)).join(',');
  const ask = <Schema extends z.ZodType>(upstream: 'product' | 'inventory', path: string, schema: Schema) =>
    askForPart(upstreams, input, { upstream, path, schema });
  const others = `/api/v1/products?category=${categoryId}&limit=${listedProducts + 1}`;
  return {
    category:
      categoryId === null ? Promise.resolve(null) : ask('product', `/api/v1/categories/${categoryId}`, category),
    related:
      categoryId === null
        ? Promise.resolve([])
        : ask('product', others, pageOf(product)).then(({ items }) =>
            items.filter((other) => other.id !== id).slice(0, listedProducts),
          ),
    availability: ask('inventory', `/api/v1/availability?skus=${skus}`, pageOf(skuAvailability)).then(
      ({ items }) => items,
    ),
  };
}

/** A page that lacks something is not kept: the next one may have it. */
function toPage<Page extends { readonly warnings: readonly Warning[] }>(body: Page): Reply {
  // A part that this stack does not have will not come sooner by asking again.
  const isWhole = body.warnings.every(({ code }) => code === 'upstream-not-deployed');
  const caching = isWhole ? 'public, max-age=30, stale-while-revalidate=60' : 'no-store';
  return { status: 200, body, headers: { 'cache-control': caching } };
}

export const bffRoutes: readonly Route<BffDeps>[] = [home, productPage, ...checkoutRoutes];
