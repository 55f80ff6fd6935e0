import test from 'ava';
import type { JsonObject } from '../../../api/kubernetes.ts';
import { refKey } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { LiveObject } from '../../../kube/live-object.ts';
import { hashOfRendering } from '../../../objects/hash.ts';
import { annotations } from '../../../objects/names.ts';
import { aCompleteStack } from '../../../testing/complete.ts';
import { aLive } from '../../../testing/live.ts';
import { serviceCatalog } from '../catalog.ts';
import { findPredecessor, type Update } from './turn.ts';

const done = { observedGeneration: 1, specReplicas: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
const rolling = { ...done, replicas: 3, updatedReplicas: 1 };
const stuck = { ...rolling, conditions: [{ type: 'Progressing', status: 'False', message: 'timed out.' }] };

/** What is there of a service; what is not said is as of one that works and runs what is wanted. */
interface Found {
  readonly is?: 'missing' | 'outdated' | 'current';
  readonly status?: JsonObject;
  readonly generation?: number;
  /** `undefined`: done, `null`: the Job is not there. */
  readonly migration?: JsonObject | null;
}

function updateOf({ name, ownsDatabase }: (typeof serviceCatalog)[number]): Update {
  const metadata = { name: `shop-${name}`, namespace: 'shop' };
  return {
    migration: ownsDatabase ? { apiVersion: 'batch/v1', kind: 'Job', metadata } : undefined,
    deployment: { apiVersion: 'apps/v1', kind: 'Deployment', metadata },
  };
}

function liveOf(name: string, { is = 'current', status = done, generation = 1, migration }: Found): LiveObject[] {
  const definition = serviceCatalog.find((one) => one.name === name);
  if (definition === undefined) {
    throw new Error(`no service ${name}`);
  }
  const appliedHash = is === 'current' ? hashOfRendering(updateOf(definition).deployment) : 'another';
  return [
    ...(is === 'missing' ? [] : [aLive('Deployment', `shop-${name}`, { status, appliedHash, generation })]),
    ...(migration === null ? [] : [aLive('Job', `shop-${name}`, { status: migration ?? { complete: true } })]),
  ];
}

/** Who goes before a service, when this is what is there. */
function before(
  name: string,
  found: Readonly<Record<string, Found>>,
  stack: CompleteStack = aCompleteStack(),
): string | undefined {
  const live = new Map(
    serviceCatalog.flatMap((one) => liveOf(one.name, found[one.name] ?? {})).map((one) => [refKey(one.ref), one]),
  );
  const definition = serviceCatalog.find((one) => one.name === name) ?? serviceCatalog[0];
  return definition === undefined
    ? 'no service'
    : findPredecessor(definition, stack, { live: (ref) => live.get(refKey(ref)), updateOf });
}

const outdated: Found = { is: 'outdated' };

test('of several that are to be changed exactly one may go, the first of the catalog', (t) => {
  const all = Object.fromEntries(serviceCatalog.map(({ name }) => [name, outdated]));
  const free = serviceCatalog.filter(({ name }) => before(name, all) === undefined).map(({ name }) => name);
  t.deepEqual(free, [serviceCatalog[0]?.name]);
  t.is(before('gateway', all), 'user');
});

test('nobody goes while another one rolls, wherever it stands in the catalog', (t) => {
  t.is(before('product', { product: outdated, search: { status: rolling } }), 'search');
  t.is(before('search', { search: outdated, product: { status: rolling } }), 'product');
  t.is(before('search', { search: outdated, product: { generation: 2 } }), 'product', 'not seen yet');
});

test('one that has nothing to change, or is on its way already, waits for nobody', (t) => {
  t.is(before('product', { user: { status: rolling } }), undefined);
  t.is(before('product', { product: { is: 'outdated', status: rolling }, user: { status: rolling } }), undefined);
});

test('at the first installation all go at once', (t) => {
  const all = Object.fromEntries(serviceCatalog.map(({ name }) => [name, { is: 'missing', migration: null } as const]));
  for (const { name } of serviceCatalog) t.is(before(name, all), undefined);
  t.is(before('gateway', { ...all, gateway: outdated }), undefined, 'nobody is waited for that was never there');
});

test('one that does not work goes at once: it may be the cure', (t) => {
  const broken = { ...done, availableReplicas: 1 };
  t.is(before('search', { search: { is: 'outdated', status: broken }, user: { status: rolling } }), undefined);
});

test('a migration belongs to the turn', (t) => {
  const toMigrate: Found = { migration: null };
  t.is(before('product', { product: toMigrate, user: { migration: { active: 1 } } }), 'user');
  t.is(before('product', { product: toMigrate, user: toMigrate }), 'user');
  t.is(before('product', { product: { migration: { active: 1 } }, user: { status: rolling } }), undefined);
});

test('nobody waits for what needs a person: a failed migration, a rollout past its deadline', (t) => {
  const failed = { migration: { failedReason: 'BackoffLimitExceeded' }, is: 'outdated' } as const;
  t.is(before('product', { product: outdated, user: failed }), undefined);
  t.is(before('product', { product: outdated, user: { status: stuck } }), undefined);
});

test('a service that is switched off is no predecessor, and a pause keeps everything back itself', (t) => {
  const found = { search: { status: rolling }, product: outdated };
  t.is(before('product', found, aCompleteStack({ services: { search: { enabled: false } } })), undefined);
  t.is(before('product', found, aCompleteStack({}, { [annotations.pause]: 'rollouts' })), undefined);
});
