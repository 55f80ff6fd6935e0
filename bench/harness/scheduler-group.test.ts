import { readFileSync } from 'node:fs';
import test from 'ava';
import { isOutsideGroups, joinOneGroup } from './scheduler-group.ts';

test('the processor hierarchy of version 1 decides, else version 2', (t) => {
  t.true(isOutsideGroups('3:cpuset:/a\n1:cpu,cpuacct:/\n0::/a\n'));
  t.false(isOutsideGroups('1:cpu,cpuacct:/a\n0::/\n'));
  t.true(isOutsideGroups('0::/\n'));
  t.false(isOutsideGroups('0::/user.slice/a:b.scope\n'));
});

test('afterwards the process is where it was, and the report says how it was', async (t) => {
  const places = () => readFileSync('/proc/self/cgroup', 'utf8');
  const before = places();
  const group = await joinOneGroup();
  t.regex(group.note, /^(All processes are one group|Priorities count among all|Each session is a group)/);
  t.is(places() !== before, group.note.startsWith('All processes'));
  await group[Symbol.asyncDispose]();
  t.is(places(), before);
});
