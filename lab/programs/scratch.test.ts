import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test from 'ava';
import { createScratchDirectory, makeTemporaryDirectory } from './scratch.ts';

const temporary = await createScratchDirectory();
const before = process.env['TMPDIR'];
test.before(() => {
  process.env['TMPDIR'] = temporary;
});
test.beforeEach(async () => {
  await rm(temporary, { recursive: true });
  await mkdir(temporary);
});
test.after.always(() => {
  if (before === undefined) {
    delete process.env['TMPDIR'];
  } else {
    process.env['TMPDIR'] = before;
  }
});

/** A process that makes a folder as those of servers are, and its path. */
async function aMaker(): Promise<{ child: ChildProcess; folder: string }> {
  const module = join(import.meta.dirname, '../stores/server-process.ts');
  const script = `
    const { makeServerFolder } = await import(${JSON.stringify(module)});
    process.stdout.write(await makeServerFolder('redis-volume'));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: temporary },
  });
  const [output] = await once(child.stdout ?? child, 'data');
  return { child, folder: String(output) };
}

test.serial("a killed process's folder goes with the next run, and that of one that lives stays", async (t) => {
  const killed = await aMaker();
  const living = await aMaker();
  t.teardown(() => living.child.kill('SIGKILL'));
  await writeFile(join(killed.folder, 'appendonly.aof'), 'data');
  killed.child.kill('SIGKILL');
  await once(killed.child, 'exit');
  await access(killed.folder);

  const own = await makeTemporaryDirectory('test');
  t.deepEqual((await readdir(temporary)).toSorted(), [basename(living.folder), basename(own)].toSorted());
});

test.serial('what only looks like ours stays', async (t) => {
  // No process has a number this high: it is beyond what any kernel gives.
  const dead = 2 ** 30;
  const target = join(temporary, 'target');
  await mkdir(target);
  await symlink(target, join(temporary, `ecommerce-stack-${dead}-test-abcdef`));
  await writeFile(join(temporary, `ecommerce-stack-${dead}-file-abcdef`), '');
  for (const name of [`redis-volume-${dead}-abcdef`, `ecommerce-stack-${dead}`, `ecommerce-stack-${dead}-notes.txt`]) {
    await mkdir(join(temporary, name));
  }
  const names = await readdir(temporary);
  await mkdir(join(temporary, `ecommerce-stack-${dead}-kafka-volume-abcdef`));

  const own = await makeTemporaryDirectory('test');
  t.deepEqual((await readdir(temporary)).toSorted(), [...names, basename(own)].toSorted());
});
