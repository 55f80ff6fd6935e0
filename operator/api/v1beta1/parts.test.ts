import test from 'ava';
import { completeStack } from './complete.ts';
import type { EcommerceStackSpec } from './ecommerce-stack.ts';
import { unimplementedParts } from './parts.ts';
import { anInstallation, aStack } from './testing.ts';

const parts = (spec: Partial<EcommerceStackSpec>, implemented: readonly string[]) =>
  unimplementedParts(completeStack(aStack(spec), anInstallation), implemented).map(({ name }) => name);

test('every part that nobody builds is named, in a fixed order', (t) => {
  t.deepEqual(parts({}, ['postgres', 'redis', 'gateway', 'product']), [
    'kafka',
    'elasticsearch',
    'ingress',
    'network-policy',
    'user',
    'cart',
    'order',
    'payment',
    'inventory',
    'notification',
    'search',
  ]);
});

test('parts that the manifest does not ask for are left out', (t) => {
  const off = {
    ingress: { enabled: false },
    networkPolicy: { enabled: false },
    services: { cart: { enabled: false } },
  };
  const names = parts(off, []);
  t.false(['ingress', 'network-policy', 'cart'].some((name) => names.includes(name)));
});

test('parts that are asked for appear with their field and what it means', (t) => {
  const s3 = { bucket: 'b', credentialsSecretRef: { name: 's' } };
  const stack = completeStack(
    aStack({ traffic: { provider: 'Istio' }, monitoring: { dashboards: true }, backup: { destination: { s3 } } }),
    anInstallation,
  );
  const missing = unimplementedParts(stack, []);
  t.like(
    missing.find(({ name }) => name === 'traffic'),
    { conditionType: 'TrafficReady', field: 'spec.traffic.provider' },
  );
  t.true(['backup', 'monitoring'].every((name) => missing.some((part) => part.name === name)));
  t.regex(missing[0]?.message ?? '', /^spec\.postgres: this operator version cannot build postgres yet/);
});
