import test from 'ava';
import { requiredNeighbours } from '../../operator/api/v1beta1/neighbours.ts';
import { serviceCatalog } from '../../operator/components/services/catalog.ts';
import { cartSettings } from '../../services/cart/settings.ts';
import { servicePorts } from '../../services/contracts/services.ts';
import { gatewaySettings } from '../../services/gateway/settings.ts';
import { inventorySettings } from '../../services/inventory/settings.ts';
import { productSettings } from '../../services/product/settings.ts';
import { settingsOfSearch } from '../../services/search/settings.ts';
import { userSettings } from '../../services/user/settings.ts';

// The operator may not import a service, so what it knows of one is compared here with what the service says itself.
const settings = {
  gateway: gatewaySettings,
  user: userSettings,
  product: productSettings,
  cart: cartSettings,
  inventory: inventorySettings,
  search: settingsOfSearch,
} as const;

interface Setting {
  readonly variable: string;
  readonly fallback?: string;
  readonly schema: { safeParse(value: unknown): { readonly success: boolean } };
}

function settingsOf(name: string): readonly Setting[] {
  const groups = Object.entries(settings).find(([service]) => service === name)?.[1] ?? {};
  // `as`: every group of every service is made of settings.
  return Object.values(groups as Record<string, Readonly<Record<string, Setting>>>).flatMap((group) =>
    Object.values(group),
  );
}

test('every service of the catalog has its port and its settings here', (t) => {
  t.deepEqual(serviceCatalog.map(({ name }) => name).toSorted(), Object.keys(settings).toSorted());
  for (const { name, port } of serviceCatalog) t.is(port, servicePorts[name]);
});

for (const { name, ownsDatabase, usesRedis, usesKafka, usesSearch, calls, isGateway } of serviceCatalog) {
  const variables = new Map(settingsOf(name).map((setting) => [setting.variable, setting]));

  test(`the operator gives ${name} what its settings ask for`, (t) => {
    t.is(variables.has('APP_POSTGRES_HOST'), ownsDatabase);
    t.is(variables.has('APP_REDIS_NODES'), usesRedis);
    t.is(variables.has('APP_KAFKA_BOOTSTRAP_SERVERS'), usesKafka);
    t.is(variables.has('APP_ELASTICSEARCH_URLS'), usesSearch);
  });

  test(`the operator tells ${name} of the neighbours that it calls, and knows which ones it cannot start without`, (t) => {
    const prefix = 'APP_UPSTREAM_';
    const upstreams = [...variables.values()].filter(({ variable }) => variable.startsWith(prefix));
    const nameOf = ({ variable }: Setting) => variable.slice(prefix.length).toLowerCase();
    // The gateway's table of routes names services that are still to come.
    if (!isGateway) t.deepEqual(upstreams.map(nameOf).toSorted(), [...calls].toSorted());
    const required = upstreams.filter(
      ({ fallback, schema }) => fallback === undefined && !schema.safeParse(undefined).success,
    );
    t.deepEqual(
      required.map(nameOf),
      requiredNeighbours.filter(({ service }) => service === name).map(({ neighbour }) => neighbour),
    );
  });
}
