import { type Answer, ok } from '../rig/shop/answers.ts';
import { addArticle } from '../rig/shop/articles.ts';
import type { copyServiceImage } from '../rig/shop/service-image.ts';
import type { ServiceProgram } from '../rig/shop/service-program.ts';
import { createShopTopics } from '../rig/shop/shop-topics.ts';
import { startTappedKafka } from '../rig/shop/tapped-kafka.ts';
import { type Program, startTappedShop } from '../rig/shop/tapped-shop.ts';

/** A service, and a request that it is asked again and again. */
export interface Subject {
  readonly program: ServiceProgram;
  ask(): Promise<Answer>;
}

/** Every service with every store. */
export interface WholeShop extends AsyncDisposable {
  readonly subjects: readonly Subject[];
}

/** Starts the images of all services, and every store that they speak to. */
export async function startWholeShop(startOf: Awaited<ReturnType<typeof copyServiceImage>>): Promise<WholeShop> {
  await using stack = new AsyncDisposableStack();
  const kafka = stack.use(await startTappedKafka());
  await createShopTopics(kafka);
  const shop = stack.use(await startTappedShop({ startOf, kafka: kafka.environment }));
  const { slug, sku } = await addArticle(shop.product);
  const page = `/api/v1/products/${slug}`;
  const opened = await shop.cart.call('POST', '/api/v1/carts', { body: {} });
  const headers = { 'x-cart-token': opened.headers.get('x-cart-token') ?? '' };
  const authorization = `Bearer ${await shop.tokens.sign('customer-1')}`;
  const paths: Readonly<Record<Program, readonly [path: string, headers?: Readonly<Record<string, string>>]>> = {
    gateway: [page, { authorization }],
    user: ['/.well-known/jwks.json'],
    product: [page],
    search: ['/api/v1/search?q=article'],
    inventory: [`/api/v1/availability?skus=${sku}`],
    cart: ['/api/v1/carts/current', headers],
  };
  const subjects = Object.entries(paths).map(([name, [path, sent = {}]]) => {
    // `as`: names of the record above.
    const program = shop[name as Program];
    return { program, ask: () => ok(program.call('GET', path, { headers: sent })) };
  });
  const owned = stack.move();
  return { subjects, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
