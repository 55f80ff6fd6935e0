// Removes a lab when the process that started it ends: its end closes the pipe that is this program's standard input.
// Started by test-cluster.ts as `guard.ts NAME`.
import { silentProgress } from '../progress.ts';
import { bringDown } from './down.ts';

const [name = ''] = process.argv.slice(2);
process.stdin.resume().once('end', () => {
  bringDown(name, silentProgress).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  });
});
