import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { ensureCgroups, hasCgroups, joinSystemGroup, parseHierarchies, removeCgroups } from './cgroups.ts';

const hybrid = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
35 31 0:32 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct
40 31 0:36 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:37 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;

async function scratch(t: { teardown(work: () => Promise<void>): void }): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cgroups-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test('hierarchies of both versions are found beside each other', (t) => {
  t.deepEqual(parseHierarchies(hybrid), [
    { mountPoint: '/sys/fs/cgroup/cpuset', version: 1, controllers: ['cpuset'] },
    { mountPoint: '/sys/fs/cgroup/cpu,cpuacct', version: 1, controllers: ['cpu', 'cpuacct'] },
    { mountPoint: '/sys/fs/cgroup/systemd', version: 1, controllers: ['name=systemd'] },
    { mountPoint: '/sys/fs/cgroup/unified', version: 2, controllers: [] },
  ]);
});

test('a machine with version 2 only has one hierarchy', (t) => {
  const unified =
    '29 22 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate';
  t.deepEqual(parseHierarchies(unified), [{ mountPoint: '/sys/fs/cgroup', version: 2, controllers: [] }]);
});

test('a version 2 group is made and the controllers of its parent are passed on to it', async (t) => {
  const mountPoint = await scratch(t);
  const group = join(mountPoint, 'lab-a');
  await mkdir(group);
  for (const directory of [mountPoint, group]) {
    await writeFile(join(directory, 'cgroup.controllers'), 'cpuset cpu memory\n');
    await writeFile(join(directory, 'cgroup.subtree_control'), 'cpu\n');
  }
  await ensureCgroups('lab-a', [{ mountPoint, version: 2, controllers: [] }]);
  t.is(await readFile(join(mountPoint, 'cgroup.subtree_control'), 'utf8'), '+cpuset +memory');
  t.is(await readFile(join(group, 'cgroup.subtree_control'), 'utf8'), '+cpuset +memory');
});

test('a version 1 cpuset starts with the processors of its parent', async (t) => {
  const mountPoint = await scratch(t);
  await writeFile(join(mountPoint, 'cpuset.cpus'), '0-1\n');
  await writeFile(join(mountPoint, 'cpuset.mems'), '0\n');
  await ensureCgroups('lab-a', [{ mountPoint, version: 1, controllers: ['cpuset'] }]);
  t.is(await readFile(join(mountPoint, 'lab-a', 'cpuset.cpus'), 'utf8'), '0-1\n');
  t.is(await readFile(join(mountPoint, 'lab-a', 'cpuset.mems'), 'utf8'), '0\n');
});

for (const { version, controllers, file, one } of [
  { version: 1, controllers: ['cpu', 'cpuacct'], file: 'cpu.shares', one: 1024 },
  { version: 2, controllers: [], file: 'cpu.weight', one: 100 },
] as const) {
  test(`a lab has the processor time of a node, its programs as much as its pods (version ${version})`, async (t) => {
    const mountPoint = await scratch(t);
    const group = join(mountPoint, 'lab-a');
    await mkdir(group);
    for (const directory of version === 2 ? [mountPoint, group] : []) {
      await writeFile(join(directory, 'cgroup.controllers'), 'cpu memory\n');
      await writeFile(join(directory, 'cgroup.subtree_control'), 'cpu memory\n');
    }
    const hierarchies = [{ mountPoint, version, controllers }];
    await ensureCgroups('lab-a', hierarchies);
    t.is(await readFile(join(group, file), 'utf8'), String(one * 2 * availableParallelism()));
    t.is(await readFile(join(group, 'system', file), 'utf8'), String(one * availableParallelism()));
    await joinSystemGroup('lab-a', 4711, hierarchies);
    t.is(await readFile(join(group, 'system', 'cgroup.procs'), 'utf8'), '4711');
  });
}

test('a hierarchy that shares no processors has no group for programs', async (t) => {
  const mountPoint = await scratch(t);
  const hierarchies = [{ mountPoint, version: 1, controllers: ['pids'] }] as const;
  await ensureCgroups('lab-a', hierarchies);
  await joinSystemGroup('lab-a', 4711, hierarchies);
  t.deepEqual(await readdir(join(mountPoint, 'lab-a')), []);
});

test('groups below the group of a lab are removed with it, and removing again is no error', async (t) => {
  const mountPoint = await scratch(t);
  const hierarchies = [{ mountPoint, version: 1, controllers: ['pids'] }] as const;
  await mkdir(join(mountPoint, 'lab-a', 'kubepods', 'pod1'), { recursive: true });
  t.true(await hasCgroups('lab-a', hierarchies));
  await removeCgroups('lab-a', hierarchies);
  await removeCgroups('lab-a', hierarchies);
  t.false(await hasCgroups('lab-a', hierarchies));
  await t.notThrowsAsync(access(mountPoint));
});
