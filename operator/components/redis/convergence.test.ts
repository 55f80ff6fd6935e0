import test from 'ava';
import fc from 'fast-check';
import { aCompleteStack } from '../../testing/complete.ts';
import type { Plan } from '../contract.ts';
import { form } from './actions/form.ts';
import { repair } from './actions/repair.ts';
import { scale } from './actions/scale.ts';
import { judgeRedis } from './readiness.ts';
import { slotCount } from './slots.ts';
import { applyStep } from './testing/apply-step.ts';
import { aShape, emptyModel, emptyNode, formedModel, type Model, observe } from './testing/model.ts';

const shapes = fc.tuple(fc.integer({ min: 3, max: 6 }), fc.integer({ min: 0, max: 2 }));

/** Plans and applies until nothing is left to do. After every step all slots that had an owner must have one. */
function converge(model: Model, shards: number, replicasPerShard: number): readonly string[] {
  const shape = aShape(shards, replicasPerShard);
  const stack = aCompleteStack({ redis: { shards, replicasPerShard } });
  const steps: string[] = [];
  for (let turn = 0; turn < 200; turn += 1) {
    grow(model, shape.pods);
    const observed = observe(model, { shape });
    const plan = firstPlan([form, repair, scale].map((action) => action.plan(observed, stack)));
    if (plan === undefined) {
      return [...steps, judgeRedis(observed, stack).state];
    }
    if (plan.kind === 'blocked') {
      throw new Error(`blocked by ${plan.blockedBy}: ${plan.message}, after ${steps.join(', ')}`);
    }
    const owned = countOwned(model);
    applyStep(model, plan.step);
    if (countOwned(model) < owned) {
      throw new Error(`${plan.step.name} lost slots`);
    }
    steps.push(plan.step.name);
  }
  throw new Error(`no end after ${steps.slice(0, 20).join(', ')}`);
}

function firstPlan(plans: readonly Plan[]): Exclude<Plan, { kind: 'none' }> | undefined {
  for (const plan of plans) {
    if (plan.kind !== 'none') {
      return plan;
    }
  }
  return undefined;
}

/** As the StatefulSet controller does. */
function grow(model: Model, pods: number): void {
  for (let ordinal = model.nodes.length; ordinal < pods; ordinal += 1) {
    model.nodes.push(emptyNode(ordinal, `new-${ordinal}-${Math.floor(model.replicas)}`));
  }
  model.replicas = Math.max(model.replicas, pods);
}

function countOwned(model: Model): number {
  return new Set(model.nodes.flatMap(({ slots }) => slots)).size;
}

/** Slot counts of the primaries. */
function sizes(model: Model): readonly number[] {
  return model.nodes.filter(({ slots }) => slots.length > 0).map(({ slots }) => slots.length);
}

test('empty nodes of any shape become exactly that shape', (t) => {
  fc.assert(
    fc.property(shapes, ([shards, replicas]) => {
      const model = emptyModel(aShape(shards, replicas).pods);
      const steps = converge(model, shards, replicas);
      t.is(steps.at(-1), 'ready');
      t.is(sizes(model).length, shards);
      t.is(countOwned(model), slotCount);
      t.true(Math.max(...sizes(model)) - Math.min(...sizes(model)) <= 1);
    }),
    { numRuns: 20 },
  );
});

test('a formation interrupted after any part of it is completed', (t) => {
  const parts = fc.record({
    shape: shapes,
    prepared: fc.array(fc.nat(5), { maxLength: 5 }),
    joined: fc.integer({ min: 0, max: 6 }),
  });
  fc.assert(
    fc.property(parts, ({ shape: [shards, replicas], prepared, joined }) => {
      const whole = emptyModel(aShape(shards, replicas).pods);
      const stack = aCompleteStack({ redis: { shards, replicasPerShard: replicas } });
      const plan = form.plan(observe(whole, { shape: aShape(shards, replicas) }), stack);
      t.is(plan.kind, 'step');
      const half = emptyModel(whole.nodes.length);
      if (plan.kind === 'step') {
        applyStep(whole, plan.step);
        copyParts(whole, half, prepared, joined);
      }
      t.is(converge(half, shards, replicas).at(-1), 'ready');
      t.is(countOwned(half), slotCount);
      t.is(sizes(half).length, shards);
    }),
    { numRuns: 30 },
  );
});

/** The operator got as far as preparing some primaries and introducing the first few nodes. */
function copyParts(whole: Model, half: Model, prepared: readonly number[], joined: number): void {
  for (const node of half.nodes) {
    const done = whole.nodes[node.ordinal];
    if (done !== undefined && prepared.includes(node.ordinal)) {
      node.slots = done.slots;
      node.identity = done.identity;
    }
    const group = half.nodes.slice(0, joined).map(({ id }) => id);
    node.knows = new Set(group.includes(node.id) ? group.filter((id) => id !== node.id) : []);
  }
}

test('any shape becomes any other, whoever is primary, without a slot ever losing its owner', (t) => {
  const changes = fc.record({ from: shapes, to: shapes, failovers: fc.array(fc.nat(17), { maxLength: 6 }) });
  fc.assert(
    fc.property(changes, ({ from, to, failovers }) => {
      const model = formedModel(aShape(...from));
      for (const ordinal of failovers) {
        const node = model.nodes[ordinal];
        if (node?.primaryId !== undefined) {
          applyStep(model, {
            name: 'SwitchPrimary',
            message: '',
            disruptive: true,
            details: { replica: { id: node.id } },
          });
        }
      }
      const steps = converge(model, ...to);
      t.is(steps.at(-1), 'ready', steps.join(', '));
      t.is(model.nodes.length, aShape(...to).pods);
      t.is(sizes(model).length, to[0]);
      t.is(countOwned(model), slotCount);
      // redis-cli's threshold: 2 % of the mean.
      t.true(sizes(model).every((size) => Math.abs(size - slotCount / to[0]) <= (slotCount / to[0]) * 0.02 + 1));
    }),
    { numRuns: 40 },
  );
});

test('a pod that lost its volume is taken in again as a replica, and its old id forgotten', (t) => {
  const model = formedModel(aShape(3, 1));
  const lost = model.nodes[4];
  model.nodes[4] = emptyNode(4, 'fresh');
  const steps = converge(model, 3, 1);
  t.deepEqual(steps, ['MeetNodes', 'ForgetNodes', 'AttachReplicas', 'ready']);
  t.is(model.nodes[4]?.primaryId, lost?.primaryId);
  t.false(model.nodes.some(({ knows }) => knows.has('id-4')));
});
