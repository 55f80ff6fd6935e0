import test from 'ava';
import type { Syncable } from '../kube/syncable.ts';
import type { Controller } from './controller.ts';
import { type Leadership, soleLeader } from './leadership.ts';
import { createManager, type ManagerOptions } from './manager.ts';
import { createRuntimeMetrics } from './metrics.ts';
import { ManualClock, settle } from './testing/manual-clock.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function aRig(more: Partial<ManagerOptions> = {}) {
  const steps: string[] = [];
  const synced = Promise.withResolvers<void>();
  const problems: string[] = [];
  const cache: Syncable = {
    name: 'children',
    start: async (signal) => {
      steps.push('cache starts');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      steps.push('cache ends');
    },
    whenSynced: () => synced.promise,
    problems: () => problems,
  };
  const ended = Promise.withResolvers<void>();
  const controller: Controller = {
    name: 'stack',
    run: () => {
      steps.push('controller runs');
      return ended.promise;
    },
    stop: async (graceMs) => {
      steps.push(`controller stops within ${graceMs}`);
      ended.resolve();
    },
    problem: () => undefined,
  };
  const clock = new ManualClock();
  const metrics = createRuntimeMetrics();
  const manager = createManager({
    caches: [cache],
    controllers: [controller],
    leadership: soleLeader('pod-1'),
    health: () => ({
      start: async () => {
        steps.push('health starts');
        return { metricsPort: 1, probesPort: 2 };
      },
      stop: async () => {
        steps.push('health stops');
      },
    }),
    onLeading: async () => {
      steps.push('leading');
    },
    onStopping: async () => {
      steps.push('flush');
    },
    logger: silent,
    clock,
    metrics,
    ...more,
  });
  return { manager, steps, synced, problems, clock, metrics, ended, stop: new AbortController() };
}

test('parts start in order and stop in the opposite one', async (t) => {
  const { manager, steps, synced, stop } = aRig();
  const run = manager.run(stop.signal);
  await settle();
  t.deepEqual(steps, ['health starts', 'cache starts']);
  t.is(manager.readiness(), 'the caches are not filled yet');
  synced.resolve();
  await settle();
  t.is(manager.readiness(), undefined);
  stop.abort();
  t.deepEqual(steps.slice(2), ['leading', 'controller runs']);
  await run;
  t.deepEqual(steps.slice(4), ['controller stops within 15000', 'flush', 'cache ends', 'health stops']);
  t.is(manager.readiness(), 'the operator is stopping');
});

test('caches that do not fill in time end the process with what they miss', async (t) => {
  const { manager, steps, problems, clock, stop } = aRig();
  problems.push('pods: no connection for 60 s: connect ECONNREFUSED');
  const run = manager.run(stop.signal);
  t.is(manager.readiness(), problems[0]);
  await Promise.all([
    t.throwsAsync(run, {
      message: 'the caches are not filled after 60000 ms: pods: no connection for 60 s: connect ECONNREFUSED',
    }),
    clock.advance(60_000),
  ]);
  t.is(steps.at(-1), 'health stops');
});

test('a standby fills its caches, is ready, and works only when it leads', async (t) => {
  const won = Promise.withResolvers<void>();
  const leadership: Leadership = { ...soleLeader('pod-2'), acquire: () => won.promise };
  const { manager, steps, synced, metrics, stop } = aRig({ leadership });
  const run = manager.run(stop.signal);
  synced.resolve();
  await settle();
  t.false(steps.includes('controller runs'));
  t.is(manager.readiness(), undefined);
  t.regex(await metrics.registry.metrics(), /leader_election_master_status\{name="pod-2"\} 0/);
  won.resolve();
  await settle();
  t.true(steps.includes('controller runs'));
  t.regex(await metrics.registry.metrics(), /leader_election_master_status\{name="pod-2"\} 1/);
  stop.abort();
  await run;
});

test('lost leadership ends the passes at once and the process with an error', async (t) => {
  const lost = new AbortController();
  let releases = 0;
  const leadership: Leadership = {
    ...soleLeader('pod-1'),
    lost: lost.signal,
    release: async () => {
      releases += 1;
    },
  };
  const { manager, steps, synced, stop } = aRig({ leadership });
  const run = manager.run(stop.signal);
  synced.resolve();
  await settle();
  lost.abort();
  await t.throwsAsync(run, { message: 'leadership was lost' });
  t.true(steps.includes('controller stops within 0'));
  t.is(releases, 1);
});

test('a step of the stop that hangs does not hold up the rest', async (t) => {
  const { manager, steps, synced, clock, stop } = aRig({ onStopping: () => new Promise(() => undefined) });
  const run = manager.run(stop.signal);
  synced.resolve();
  await settle();
  stop.abort();
  await Promise.all([run, clock.advance(3_000)]);
  t.is(steps.at(-1), 'health stops');
});

test('a port that is taken ends the process with that error', async (t) => {
  const { manager, stop } = aRig({
    health: () => ({ start: () => Promise.reject(new Error('port 8080 is taken')), stop: () => Promise.resolve() }),
  });
  await t.throwsAsync(manager.run(stop.signal), { message: 'port 8080 is taken' });
});

test('a controller that ends by itself ends the process with an error', async (t) => {
  const { manager, synced, ended, stop } = aRig();
  const run = manager.run(stop.signal);
  synced.resolve();
  await settle();
  ended.resolve();
  await t.throwsAsync(run, { message: 'a cache or controller ended by itself' });
});
