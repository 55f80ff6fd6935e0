import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { createScratchDirectory } from '../programs/scratch.ts';
import { labPaths } from './lab-paths.ts';
import { writeNodeConfig } from './node-config.ts';

test('files that are right stay untouched, which running programs rely on; one that broke off is written anew', async (t) => {
  const node = await createScratchDirectory();
  const paths = { ...labPaths('node-config'), node };
  const settings = { paths, programs: '/programs', cniDirectory: '/cni', snapshotter: 'overlayfs' } as const;
  const changes = async () => {
    const names = (await readdir(node)).filter((name) => name !== 'cni');
    const stats = await Promise.all(names.map((name) => stat(join(node, name), { bigint: true })));
    return new Map(names.map((name, index) => [name, stats[index]?.ctimeNs]));
  };
  await writeNodeConfig(settings);
  const first = await changes();
  t.true(first.has('kube-proxy.json'));
  await writeNodeConfig(settings);
  t.deepEqual(await changes(), first);

  await writeFile(join(node, 'kube-proxy.json'), '{"kind":');
  const broken = await changes();
  await writeNodeConfig(settings);
  const mended = await changes();
  t.not(mended.get('kube-proxy.json'), broken.get('kube-proxy.json'));
  t.is(mended.get('kubelet.json'), first.get('kubelet.json'));
});
