import { waitFor } from '../../lab/control-plane/wait.ts';
import type { Progress } from '../../lab/provider.ts';
import { defaultRequest, signAdminToken } from '../admin-token.ts';
import { seedCouponCodes } from './coupons.ts';
import { ShopApi } from './shop-api.ts';
import { seedStock } from './stock.ts';
import { seedAccounts } from './users.ts';

/** A running shop. */
export interface SeedTarget {
  readonly namespace: string;
  readonly stack: string;
  /** Address of the gateway, which is asked for once the stack is known to be there. */
  url(): Promise<string>;
  kubectl(args: readonly string[]): Promise<string>;
}

type Tell = (text: string) => void;

interface Part {
  readonly title: string;
  /** The service that it fills. */
  readonly service: string;
  /** Resolves with what was done. */
  run(target: SeedTarget, api: ShopApi, tell: Tell): Promise<string>;
}

const indexTimeoutMs = 120_000;

/** In this order, because each needs what is before it. */
const parts: readonly Part[] = [
  { title: 'products', service: 'product', run: seedProducts },
  { title: 'stock in two warehouses', service: 'inventory', run: (_target, api, tell) => seedStock(api, tell) },
  { title: 'accounts of every role', service: 'user', run: (_target, api, tell) => seedAccounts(api, tell) },
  { title: 'coupons', service: 'cart', run: (_target, api) => seedCouponCodes(api) },
  { title: 'the search finds all products', service: 'search', run: (_target, api, tell) => waitForIndex(api, tell) },
];

/**
 * Fills a shop through its public API, so that every rule of the services holds for what is in it. What is there already
 * stays, so it may be run again, also after half of it. Products alone are added by the service's own program: only
 * there they have the same ids each time. Resolves with where the shop answers.
 */
export async function seedShop(target: SeedTarget, progress: Progress): Promise<{ readonly url: string }> {
  const isEnabled = assertFillable(await readStack(target), target);
  const url = await target.url();
  const api = new ShopApi(url, await administratorToken(target));
  for (const { title, service, run } of parts) {
    if (!isEnabled(service)) {
      progress.note(`${title}: left out, because the service ${service} is switched off`);
      continue;
    }
    await progress.step(title, async (step) => {
      step.detail(await run(target, api, (text) => step.detail(text)));
    });
  }
  return { url };
}

/** The stack as far as it matters here. */
export interface SeededStack {
  readonly spec: {
    readonly profile: string;
    readonly services?: Readonly<Record<string, { readonly enabled?: boolean }>>;
  };
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

/** Refuses what must not or cannot be filled; resolves with which services are there. */
export function assertFillable(
  { spec, status }: SeededStack,
  { namespace, stack }: Pick<SeedTarget, 'namespace' | 'stack'>,
): (service: string) => boolean {
  const name = `${namespace}/${stack}`;
  if (spec.profile !== 'Development') {
    throw new Error(
      `${name} has profile ${spec.profile}: only shops of profile Development are filled, because the password of the accounts stands in this repository`,
    );
  }
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'True') {
    throw new Error(`${name} is not Ready: ${ready?.message ?? 'no operator has looked at it yet'}; see: make status`);
  }
  return (service) => spec.services?.[service]?.enabled !== false;
}

async function readStack({ kubectl, namespace, stack }: SeedTarget): Promise<SeededStack> {
  const text = await kubectl(['get', 'ecommercestack', stack, '-n', namespace, '-o', 'json']).catch(
    (cause: unknown) => {
      throw new Error(`there is no shop ${namespace}/${stack} in this cluster; make one: make up`, { cause });
    },
  );
  // `as`: the API server checked it.
  return JSON.parse(text) as SeededStack;
}

async function administratorToken({ kubectl, namespace, stack }: SeedTarget): Promise<string> {
  const secret = ['get', 'secret', `${stack}-identity-credentials`, '-n', namespace];
  const encoded = await kubectl([...secret, '-o', 'jsonpath={.data.signing\\.pem}']);
  return signAdminToken(Buffer.from(encoded, 'base64').toString(), { ...defaultRequest, subject: 'seed' });
}

async function seedProducts({ kubectl, namespace, stack }: SeedTarget): Promise<string> {
  const log = await kubectl(['exec', '-n', namespace, `deploy/${stack}-product`, '--', 'node', 'main.js', 'seed']);
  const [, categories, products] = /"categories":(\d+),"products":(\d+)/.exec(log) ?? [];
  return products === '0' ? 'all of them were there' : `${products} in ${categories} categories`;
}

/** Products reach the search by events: it is there when it counts as many as the catalogue shows. */
async function waitForIndex(api: ShopApi, tell: Tell): Promise<string> {
  const shown = (await api.all('/api/v1/products?status=active')).length;
  let found = 0;
  await waitFor(
    `the search finds ${shown} products`,
    async () => {
      found = Number((await api.get('/api/v1/search?limit=1')).body['total']);
      tell(`${found} of ${shown}`);
      return found >= shown;
    },
    { timeoutMs: indexTimeoutMs, intervalMs: 500, explain: () => `it finds ${found}; see: make status` },
  );
  return `${found} products`;
}
