import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { descendantsMeter, descendantsOf } from './descendants.ts';

test('children, their children, and nobody else', (t) => {
  const parents = new Map([
    [2, 1],
    [3, 2],
    [4, 9],
    [5, 1],
  ]);
  t.deepEqual(descendantsOf(1, parents).toSorted(), [2, 3, 5]);
});

test('the CPU time of a child is measured, unless it is measured by itself', async (t) => {
  if (process.platform !== 'linux') {
    t.pass('there is no /proc');
    return;
  }
  const code =
    'const end = performance.now() + 100; while (performance.now() < end); console.log("done"); setInterval(() => {}, 1000)';
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill());
  await once(child.stdout, 'data');
  t.true((descendantsMeter('all', []).read() ?? 0) >= 50);
  t.is(descendantsMeter('others', [child.pid ?? 0]).read(), 0);
});
