import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { addressesOf } from '#lab/cluster/addresses.ts';
import { findHolder } from '#lab/cluster/holder.ts';
import { labPaths } from '#lab/cluster/lab-paths.ts';
import { createLabProvider } from '#lab/cluster/lab-provider.ts';
import { readState } from '#lab/cluster/state.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { forgetUsed } from '#lab/delivery/used-clusters.ts';
import { run } from '#lab/programs/run.ts';
import { createScratchDirectory } from '#lab/programs/scratch.ts';
import { silentProgress } from '#lab/progress.ts';
import { traces } from '../support/lab-traces.ts';

const root = join(import.meta.dirname, '../..');
const newName = () => `test-${randomBytes(4).toString('hex')}`;

/** Moments of an `up` (milliseconds) at which it is killed: while namespaces, control plane, node and add-ons are made. */
const momentsOfDeath = [250, 450, 700, 1_100, 1_800, 2_600, 3_500, 5_000];

test.serial('an up that is killed at any moment is repaired by the next, and down removes its remains', async (t) => {
  const name = newName();
  const provider = createLabProvider(name);
  t.teardown(() => provider.down(silentProgress));
  t.teardown(() => forgetUsed(name, { kind: 'lab' }));
  for (const [index, moment] of momentsOfDeath.entries()) {
    const up = spawn(process.execPath, ['lab/main.ts', 'up', '--cluster-only', '--name', name], {
      cwd: root,
      env: { ...process.env, CLUSTER: 'lab' },
      stdio: 'ignore',
    });
    const ended = once(up, 'exit');
    await delay(moment);
    up.kill('SIGKILL');
    await ended;
    if (index % 2 === 0) {
      const cluster = await provider.up(silentProgress);
      t.regex(await cluster.kubectl(['get', 'nodes']), / Ready /, `killed after ${moment} ms`);
    }
    const state = await readState(labPaths(name));
    await provider.down(silentProgress);
    const link = state === undefined ? 'none' : addressesOf(state.slot).link;
    t.deepEqual(await traces(name, link, undefined), [], `killed after ${moment} ms`);
  }
});

test.serial('labs of one name in different state directories live side by side', async (t) => {
  const name = newName();
  const homes = [await createScratchDirectory(), await createScratchDirectory()] as const;
  const lab = (home: string, ...words: readonly string[]) =>
    run([process.execPath, 'lab/main.ts', ...words], { cwd: root, env: { CLUSTER: 'lab', XDG_STATE_HOME: home } });
  const down = (home: string) => lab(home, 'down', '--name', name);
  t.teardown(() => Promise.all(homes.map(down)));
  const inside = (home: string, ...words: readonly string[]) =>
    lab(home, 'exec', '--name', name, '--', 'kubectl', ...words);
  await Promise.all(homes.map((home) => lab(home, 'up', '--cluster-only', '--name', name)));
  const [one, other] = homes;
  await inside(one, 'create', 'namespace', 'only-here');
  await t.throwsAsync(inside(other, 'get', 'namespace', 'only-here'));

  await down(one);
  t.regex(await inside(other, 'get', 'nodes'), / Ready /);
  t.true(await inside(other, 'get', 'pods', '-A').then((pods) => pods.includes('coredns')));
  await down(other);
  t.deepEqual(await readdir(one), ['ecommerce-stack']);
});

test.serial('a lab for tests is removed when the process that started it is killed', async (t) => {
  const name = newName();
  t.teardown(() => createLabProvider(name).down(silentProgress));
  const script = `
    const { startCluster } = await import(${JSON.stringify(join(root, 'lab/api.ts'))});
    await startCluster({ name: ${JSON.stringify(name)} });
    process.stdout.write('up');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const holder = await findHolder(labPaths(name));
  t.not(holder, undefined);
  child.kill('SIGKILL');
  const isGone = async () => (await traces(name, 'none', holder?.networkNamespace)).length === 0;
  t.true(await waitFor('the lab is gone', isGone, { timeoutMs: 30_000 }));
});
