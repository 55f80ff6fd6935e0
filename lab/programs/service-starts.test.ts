import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import test from 'ava';
import { ProgramError, run } from './run.ts';
import { createScratchDirectory } from './scratch.ts';
import { repairServiceStarts, withoutServiceStarts } from './service-starts.ts';

const policyPath = async () => join(await createScratchDirectory(), 'policy-rc.d');
const filesBeside = async (policy: string) => readdir(dirname(policy));

test('services are forbidden while the work goes on, and not after it', async (t) => {
  const policy = await policyPath();
  const work = async () => {
    // As invoke-rc.d asks.
    const refusal = await t.throwsAsync(run([policy, 'containerd', 'start']), { instanceOf: ProgramError });
    t.is(refusal.exitCode, 101);
    t.deepEqual(await filesBeside(policy), [basename(policy)]);
    return 'done';
  };
  t.is(await withoutServiceStarts(work, policy), 'done');
  t.deepEqual(await filesBeside(policy), []);
  await t.throwsAsync(
    withoutServiceStarts(() => Promise.reject(new Error('no network')), policy),
    { message: 'no network' },
  );
  t.deepEqual(await filesBeside(policy), []);
});

test("a policy of the machine's own stays as it is", async (t) => {
  const policy = await policyPath();
  await writeFile(policy, '#!/bin/sh\nexit 104\n');
  const seen = await withoutServiceStarts(() => readFile(policy, 'utf8'), policy);
  await repairServiceStarts(policy);
  t.is(seen, '#!/bin/sh\nexit 104\n');
  t.is(await readFile(policy, 'utf8'), seen);
});

test('what a killed installation left goes with the next run, whether that installs or not', async (t) => {
  const policy = await policyPath();
  await killInside(policy);
  await access(policy);
  await repairServiceStarts(policy);
  t.deepEqual(await filesBeside(policy), []);

  await killInside(policy);
  await withoutServiceStarts(() => access(policy), policy);
  t.deepEqual(await filesBeside(policy), []);
});

test('an installation that goes on keeps its policy from being repaired away', async (t) => {
  const policy = await policyPath();
  const { promise: end, resolve } = Promise.withResolvers<void>();
  let isRepaired = false;
  const started = Promise.withResolvers<void>();
  const installing = withoutServiceStarts(async () => {
    started.resolve();
    await end;
    await access(policy);
    t.false(isRepaired);
  }, policy);
  await started.promise;
  const repairing = repairServiceStarts(policy).then(() => {
    isRepaired = true;
  });
  resolve();
  await Promise.all([installing, repairing]);
  t.deepEqual(await filesBeside(policy), []);
});

/** A process that is killed in the middle of an installation. */
async function killInside(policy: string): Promise<void> {
  const script = `
    const { withoutServiceStarts } = await import(${JSON.stringify(join(import.meta.dirname, 'service-starts.ts'))});
    await withoutServiceStarts(() => process.kill(process.pid, 'SIGKILL'), ${JSON.stringify(policy)});`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
  await once(child, 'exit');
}
