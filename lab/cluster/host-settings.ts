import { readFile, rm, writeFile } from 'node:fs/promises';
import { withLock } from '../programs/lock.ts';
import { machineFile, registeredLabs } from './machine.ts';

/** Kubelet, containerd and every shim watch files; the usual 128 instances of one user are used up by some twenty pods. */
const watchers = { path: '/proc/sys/fs/inotify/max_user_instances', atLeast: 8192 } as const;

const recordPath = machineFile('inotify-instances');
const lockName = 'ecommerce-stack lab host settings';

/** Raises the one limit of the whole machine that labs need, and remembers what it was. */
export function raiseHostSettings(): Promise<void> {
  return withLock(lockName, async () => {
    const current = Number(await readFile(watchers.path, 'utf8'));
    if (current < watchers.atLeast) {
      await writeFile(recordPath, String(current), { flag: 'wx' }).catch(() => undefined);
      await writeFile(watchers.path, String(watchers.atLeast));
    }
  });
}

/** Puts the limit back when no lab is left. */
export function restoreHostSettings(): Promise<void> {
  return withLock(lockName, async () => {
    const before = await readFile(recordPath, 'utf8').catch(() => undefined);
    if (before !== undefined && (await registeredLabs()).length === 0) {
      await writeFile(watchers.path, before);
      await rm(recordPath);
    }
  });
}
