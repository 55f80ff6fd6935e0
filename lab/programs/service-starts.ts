import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { withLock } from './lock.ts';

/** Debian's programs that start services ask it first (invoke-rc.d(8), deb-systemd-invoke(1p)). */
const debianPolicy = '/usr/sbin/policy-rc.d';
/** 101: the action is forbidden. The whole text is the sign that a policy is ours. */
const refusal =
  '#!/bin/sh\n# Written by ecommerce-stack while it installs packages: none of their services starts.\nexit 101\n';
const lockName = 'ecommerce-stack service starts';
const dpkgLock = '/var/lib/dpkg/lock-frontend';

/**
 * Runs an installation of packages whose services are not started; the programs are what is wanted of them. A policy that
 * the machine has already is left as it is and decides.
 */
export function withoutServiceStarts<T>(work: () => Promise<T>, policy = debianPolicy): Promise<T> {
  return withLock(lockName, async () => {
    const isOurs = await writePolicy(policy);
    try {
      return await work();
    } finally {
      if (isOurs) {
        await rm(policy, { force: true });
      }
    }
  });
}

/** Removes the policy that a killed installation of ours left behind; waits for one that goes on. */
export async function repairServiceStarts(policy = debianPolicy): Promise<void> {
  if (await isOurPolicy(policy)) {
    await withLock(lockName, async () => {
      // A killed process leaves its package manager at work; then a later run removes the policy.
      if ((await isOurPolicy(policy)) && !(await isDpkgBusy())) {
        await rm(policy, { force: true });
      }
    });
  }
}

/** True when the policy is ours now, also one that a killed installation left. It appears whole or not at all. */
async function writePolicy(policy: string): Promise<boolean> {
  const draft = `${policy}.ecommerce-stack`;
  try {
    await rm(draft, { force: true });
    await writeFile(draft, refusal, { mode: 0o755 });
    await link(draft, policy);
    return true;
  } catch {
    return isOurPolicy(policy);
  } finally {
    await rm(draft, { force: true });
  }
}

function isOurPolicy(policy: string): Promise<boolean> {
  return readFile(policy, 'utf8').then(
    (text) => text === refusal,
    () => false,
  );
}

/** Whoever installs packages holds this lock; /proc/locks names files by their inode (proc(5)). */
async function isDpkgBusy(): Promise<boolean> {
  const [locks, file] = await Promise.all([
    readFile('/proc/locks', 'utf8').catch(() => ''),
    stat(dpkgLock).catch(() => undefined),
  ]);
  return file !== undefined && locks.split('\n').some((line) => line.includes(`:${file.ino} `));
}
