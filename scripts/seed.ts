/**
 * Fills a running shop with products, stock, accounts and coupons: `make seed`, or
 *
 *     npm run -s seed -- --name shop --namespace shop --stack shop
 *
 * `--name` is the cluster's, as with `make up`. Safe to run again: what is there stays.
 */
import { parseArgs } from 'node:util';
import { findCluster } from '../lab/cli/providers.ts';
import { gatewayPort } from '../lab/delivery/names.ts';
import { createProgress } from '../lab/progress.ts';
import { seedCoupons } from './seed/coupons.ts';
import { type SeedTarget, seedShop } from './seed/seed-shop.ts';
import { seedPassword, seedUsers } from './seed/users.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      name: { type: 'string', default: 'shop' },
      namespace: { type: 'string', default: 'shop' },
      stack: { type: 'string', default: 'shop' },
    },
  });
  const { namespace, stack } = values;
  const cluster = await findCluster(values.name);
  const gateway = { namespace, name: `${stack}-gateway`, port: gatewayPort };
  const target: SeedTarget = {
    namespace,
    stack,
    kubectl: (args) => cluster.kubectl(args),
    url: async () => (await cluster.publish(gateway, 8080)).url,
  };
  const { url } = await seedShop(target, createProgress());
  console.log(
    [
      '',
      `The shop at ${url} is filled.`,
      '',
      `  accounts        ${seedUsers.map(({ email }) => email).join(', ')}`,
      `  their password  ${seedPassword}`,
      `  coupons         ${seedCoupons.map(({ code }) => code).join(', ')}`,
      `  walk through    npm run -s walk-through -- ${url}`,
      '',
    ].join('\n'),
  );
}

await main().catch((error: unknown) => {
  for (let one = error; one instanceof Error; one = one.cause) {
    console.error(one === error ? one.message : `  because: ${one.message}`);
  }
  process.exitCode = 1;
});
