import { rmSync } from 'node:fs';
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Then the process whose directory it is, and what it is for: `ecommerce-stack-1234-kafka-volume-a1B2c3`. */
const prefix = 'ecommerce-stack-';
const ownedName = new RegExp(`^${prefix}(\\d+)-[a-z-]+-[A-Za-z0-9]{6}$`);

/** A new directory under the temporary directory that is removed when this process ends. */
export async function createScratchDirectory(): Promise<string> {
  const directory = await makeTemporaryDirectory('test');
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/**
 * A new directory under the temporary directory for its maker to remove, with a purpose in its name: lower-case letters and
 * dashes. Those of killed processes are removed first.
 */
export async function makeTemporaryDirectory(purpose: string): Promise<string> {
  await removeAbandoned();
  return mkdtemp(join(tmpdir(), `${prefix}${process.pid}-${purpose}-`));
}

async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = ownedName.exec(name)?.[1];
    if (owner !== undefined && !isRunning(Number(owner)) && (await isOurDirectory(join(tmpdir(), name)))) {
      // Several processes may be at it, and what cannot be removed disturbs nobody.
      await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

/** Another user's directory, or a link to somewhere, is not ours whatever its name. Root gives servers' folders away. */
async function isOurDirectory(path: string): Promise<boolean> {
  const entry = await lstat(path).catch(() => undefined);
  const user = process.getuid?.();
  return entry?.isDirectory() === true && (user === undefined || user === 0 || entry.uid === user);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // `as`: errors of process.kill carry a code. EPERM: it runs, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
