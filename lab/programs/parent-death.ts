import { spawnSync } from 'node:child_process';

const prefix = ['setpriv', '--pdeathsig', 'KILL', '--'];
let isThere: boolean | undefined;

/**
 * What to put before a command so that the kernel ends it when this process ends, even by SIGKILL. Empty where
 * util-linux' setpriv is missing (macOS, Alpine): there the program has to be ended by whoever started it.
 */
export function endWithParent(): readonly string[] {
  isThere ??= spawnSync('setpriv', [...prefix.slice(1), 'true']).status === 0;
  return isThere ? prefix : [];
}
