import { createMetrics } from '#chassis/metrics.ts';
import { openSearch } from '#chassis/search/client.ts';
import { aSku, receive, reserve } from '../../services/inventory/testing/inventory-under-test.ts';
import { createElasticsearchEngine } from '../../services/search/store/elasticsearch-engine.ts';
import { refresh } from '../../services/search/store/inspect.ts';
import { indexNames } from '../../services/search/store/names.ts';
import { aProductState } from '../../services/search/testing/search-under-test.ts';
import { expectStatus, ok } from '../rig/shop/answers.ts';
import { addArticle } from '../rig/shop/articles.ts';
import type { Kind, TappedShop } from '../rig/shop/tapped-shop.ts';

/** Something that callers ask for, and what it may cost. */
export interface Endpoint {
  readonly what: string;
  /** Operations of one request, of all services that it goes through; absent kinds: none. */
  readonly costs: Readonly<Partial<Record<Kind, number>>>;
  /** They are the most: by chance, variants share a slot of the cache or do not. */
  readonly isBound?: boolean;
  /** Untimed, before each request. */
  prepare?(): Promise<void>;
  /** One request; throws when the answer is not what it should be. */
  ask(): Promise<unknown>;
}

const current = '/api/v1/carts/current';
const password = 'correct horse battery staple';

/** Fills the shop, and tells what to ask it for. */
export async function endpointsOf(shop: TappedShop): Promise<readonly Endpoint[]> {
  return [
    ...(await catalogue(shop)),
    ...(await carts(shop)),
    ...(await accounts(shop)),
    ...(await stock(shop)),
    ...(await searches(shop)),
  ];
}

async function catalogue({ product, gateway, tokens }: TappedShop): Promise<readonly Endpoint[]> {
  const [first] = await Promise.all(Array.from({ length: 12 }, () => addArticle(product)));
  const page = `/api/v1/products/${first?.slug}`;
  let customers = 0;
  let headers = {};
  const newCustomer = async () => {
    customers += 1;
    headers = { authorization: `Bearer ${await tokens.sign(`customer-${customers}`)}` };
  };
  return [
    { what: 'product page by slug', costs: { sql: 1 }, ask: () => ok(product.call('GET', page)) },
    {
      what: 'list of ten products',
      costs: { sql: 1 },
      ask: async () => {
        const { json } = await ok(product.call('GET', '/api/v1/products?limit=10'));
        assertCount('products', json.items.length, 10);
      },
    },
    {
      what: 'the same page through the gateway, first request of a customer',
      costs: { sql: 1, redis: 1, http: 1 },
      prepare: newCustomer,
      ask: () => ok(gateway.call('GET', page, { headers })),
    },
    {
      // What was granted with the second is spent.
      what: 'the same page through the gateway, third request in the same moment',
      costs: { sql: 1, redis: 0, http: 1 },
      prepare: async () => {
        await newCustomer();
        for (let request = 0; request < 2; request += 1) await ok(gateway.call('GET', page, { headers }));
      },
      ask: () => ok(gateway.call('GET', page, { headers })),
    },
  ];
}

async function carts({ cart, product, inventory }: TappedShop): Promise<readonly Endpoint[]> {
  const add = async () => {
    const article = await addArticle(product);
    await receive(inventory, { [article.sku]: 1000 });
    return article;
  };
  const [known, other] = [await add(), await add()];
  const open = async () => {
    const opened = expectStatus(await cart.call('POST', '/api/v1/carts', { body: {} }), 201);
    return { 'x-cart-token': opened.headers.get('x-cart-token') ?? '' };
  };
  const put = (headers: Readonly<Record<string, string>>, id: string, quantity: number) =>
    ok(cart.call('PUT', `${current}/items/${id}`, { headers, body: { quantity } }));
  const guest = await open();
  await put(guest, known.id, 1);
  await put(guest, other.id, 2);
  let quantity = 1;
  let unseen = { headers: guest, id: known.id };
  return [
    {
      what: 'cart of two lines: change one',
      costs: { sql: 1, redis: 3, http: 1 },
      isBound: true,
      ask: () => {
        quantity = (quantity % 5) + 1;
        return put(guest, known.id, quantity);
      },
    },
    {
      what: 'empty cart: put in an article that was not seen before',
      costs: { sql: 2, redis: 4, http: 2 },
      isBound: true,
      prepare: async () => {
        unseen = { headers: await open(), id: (await add()).id };
      },
      ask: () => put(unseen.headers, unseen.id, 1),
    },
    {
      what: 'cart of two lines: read',
      costs: { redis: 3 },
      isBound: true,
      ask: () => ok(cart.call('GET', current, { headers: guest })),
    },
    {
      what: 'cart of two lines: quote',
      costs: { sql: 2, redis: 4, http: 1 },
      isBound: true,
      ask: async () => expectStatus(await cart.call('POST', `${current}/quote`, { headers: guest }), 201),
    },
  ];
}

async function accounts({ user }: TappedShop): Promise<readonly Endpoint[]> {
  const email = 'ada@example.org';
  expectStatus(await user.call('POST', '/api/v1/users', { body: { email, password, givenName: 'Ada' } }), 202);
  const signIn = () => ok(user.call('POST', '/api/v1/auth/login', { body: { email, password } }));
  let { refreshToken } = (await signIn()).json;
  return [
    { what: 'sign in', costs: { sql: 11 }, ask: signIn },
    {
      what: 'refresh of tokens',
      costs: { sql: 4 },
      ask: async () => {
        const body = { refreshToken };
        refreshToken = (await ok(user.call('POST', '/api/v1/auth/refresh', { body }))).json.refreshToken;
      },
    },
  ];
}

async function stock({ inventory }: TappedShop): Promise<readonly Endpoint[]> {
  const skus = Array.from({ length: 10 }, aSku);
  await receive(inventory, Object.fromEntries(skus.map((sku) => [sku, 1000])));
  const [one = '', two = '', three = ''] = skus;
  const available = `/api/v1/availability?skus=${skus.join(',')}`;
  return [
    {
      what: 'reserve one SKU',
      costs: { sql: 5 },
      ask: async () => expectStatus(await reserve(inventory, { [one]: 1 }), 201),
    },
    {
      what: 'reserve three SKUs',
      costs: { sql: 5 },
      ask: async () => expectStatus(await reserve(inventory, { [one]: 1, [two]: 1, [three]: 1 }), 201),
    },
    {
      what: 'availability of ten SKUs',
      costs: { sql: 1 },
      ask: async () => {
        const { json } = await ok(inventory.call('GET', available));
        assertCount('entries', json.items.length, 10);
      },
    },
  ];
}

async function searches({ search, elasticsearchUrl }: TappedShop): Promise<readonly Endpoint[]> {
  const settings = { urls: [elasticsearchUrl], connectTimeoutMs: 5000, requestTimeoutMs: 30_000, maxAttempts: 5 };
  const client = openSearch(settings, createMetrics('bench', 'bench'));
  try {
    const names = indexNames('shop-');
    const products = Array.from({ length: 30 }, () => aProductState({ title: 'Garden lamp' }));
    const { index } = createElasticsearchEngine(client, names);
    await index.writeProducts(products.map((product) => ({ kind: 'put', product })));
    await refresh(client, names.write);
  } finally {
    await client.close();
  }
  const find = async (rest: string, word = 'lamp') => {
    const { json } = await ok(search.call('GET', `/api/v1/search?q=${word}&limit=10${rest}`));
    assertCount('hits', json.items.length, 10);
  };
  return [
    { what: 'search', costs: { elasticsearch: 1 }, ask: () => find('') },
    {
      // Mistyped words are looked for only when few products have them as they were typed.
      what: 'search for a mistyped word',
      costs: { elasticsearch: 2 },
      ask: () => find('', 'lapm'),
    },
    {
      // The steps of the histogram depend on the highest price, which the first request tells.
      what: 'search with facets, that of prices among them',
      costs: { elasticsearch: 2 },
      ask: () => find('&facets=price,availability&currency=EUR'),
    },
    {
      what: 'suggestions',
      costs: { elasticsearch: 1 },
      ask: () => ok(search.call('GET', '/api/v1/suggest?q=gar')),
    },
  ];
}

/** A count of answers to nothing would look very good. */
function assertCount(what: string, count: number, wanted: number): void {
  if (count !== wanted) {
    throw new Error(`${count} ${what} were answered instead of ${wanted}`);
  }
}
