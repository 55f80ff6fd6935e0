import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'ava';
import { createScratchDirectory } from '../programs/scratch.ts';
import { recordedSlots } from './addresses.ts';
import { registeredLabs, registerLab, tidyMachine, unregisterLab } from './machine.ts';

/** A registry, and directories of labs with one name under different state directories, as XDG_STATE_HOME makes them. */
async function twoHomes() {
  const directory = await createScratchDirectory();
  const labs = ['ann', 'bob'].map((home) => ({ directory: join(directory, home, 'ecommerce-stack/lab/shop') }));
  for (const lab of labs) {
    await mkdir(lab.directory, { recursive: true });
  }
  return { registry: join(directory, 'run'), labs };
}

test('labs of other state directories are known until they are struck out', async (t) => {
  const { registry, labs } = await twoHomes();
  t.deepEqual(await registeredLabs(registry), []);
  await Promise.all(labs.map((lab) => registerLab(lab, registry)));
  t.deepEqual((await registeredLabs(registry)).toSorted(), labs.map(({ directory }) => directory).toSorted());
  for (const lab of labs) {
    await tidyMachine(registry);
    t.true((await registeredLabs(registry)).includes(lab.directory));
    await unregisterLab(lab, registry);
  }
  await tidyMachine(registry);
  t.false((await readdir(dirname(registry))).includes('run'));
});

test('slots of labs in other state directories are taken, and those of removed ones are free', async (t) => {
  const { registry, labs } = await twoHomes();
  for (const [slot, lab] of labs.entries()) {
    await registerLab(lab, registry);
    await writeFile(join(lab.directory, 'lab.json'), JSON.stringify({ slot }));
  }
  t.deepEqual([...(await recordedSlots(registry))].toSorted(), [0, 1]);
  await rm(labs[0]?.directory ?? '', { recursive: true });
  t.deepEqual([...(await recordedSlots(registry))], [1]);
});
