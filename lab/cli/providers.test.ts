import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import test from 'ava';
import { forgetUsed, rememberUsed, type UsedCluster, usedClusters } from '../delivery/used-clusters.ts';
import { createScratchDirectory } from '../programs/scratch.ts';
import { chooseProvider, describeOthers } from './providers.ts';

const lab: UsedCluster = { kind: 'lab' };
const kind: UsedCluster = { kind: 'kind' };
const production: UsedCluster = { kind: 'current', context: 'production' };

/** A state directory of its own, and a machine on which a Docker engine was just started. */
const before = { ...process.env };
const directory = await createScratchDirectory();
test.before(async () => {
  const programs = join(directory, 'bin');
  await mkdir(programs);
  for (const name of ['docker', 'kind']) {
    await writeFile(join(programs, name), '#!/bin/sh\necho 29.0.0\n');
    await chmod(join(programs, name), 0o755);
  }
  process.env['PATH'] = `${programs}${delimiter}${before['PATH']}`;
});
test.beforeEach(async () => {
  await rm(join(directory, 'ecommerce-stack'), { recursive: true, force: true });
  process.env['XDG_STATE_HOME'] = directory;
  delete process.env['CLUSTER'];
});
test.after.always(() => {
  process.env = before;
});

test.serial('a name that up never used is decided by the machine', async (t) => {
  t.is((await chooseProvider('shop')).provider.kind, 'kind');
});

test.serial('every command goes to what up used last under the name, also when Docker came since', async (t) => {
  await rememberUsed('shop', lab);
  t.is((await chooseProvider('shop')).provider.kind, 'lab');
  t.is((await chooseProvider('shop', 'make')).provider.kind, 'lab');
  t.is((await chooseProvider('other')).provider.kind, 'kind');
});

test.serial('CLUSTER wins, and what is under the same name elsewhere is told', async (t) => {
  await rememberUsed('shop', lab);
  process.env['CLUSTER'] = 'kind';
  const { provider, others } = await chooseProvider('shop');
  t.is(provider.kind, 'kind');
  t.deepEqual(describeOthers('shop', others), ['make up used lab "shop" as well: CLUSTER=lab leads there']);
});

test.serial('up never goes to a context unasked, and down goes to the one that up used', async (t) => {
  await rememberUsed('shop', production);
  t.like(await chooseProvider('shop'), { place: production });
  t.like(await chooseProvider('shop', 'make'), { place: kind, others: [production] });
});

test.serial('one name may lead to several places, the latest first, until down removed them', async (t) => {
  await rememberUsed('shop', lab);
  await rememberUsed('shop', production);
  await rememberUsed('shop', lab);
  t.deepEqual(await usedClusters('shop'), [lab, production]);
  await forgetUsed('shop', lab);
  t.deepEqual(await usedClusters('shop'), [production]);
  await forgetUsed('shop', production);
  t.deepEqual(await readdir(join(directory, 'ecommerce-stack', 'used')), []);
});

test.serial('a name is part of a file name whatever it holds', async (t) => {
  await rememberUsed('../../etc', kind);
  t.deepEqual(await usedClusters('../../etc'), [kind]);
  t.is((await readdir(join(directory, 'ecommerce-stack', 'used'))).length, 1);
});
