import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeServerFolder } from '../../../../lab/stores/server-process.ts';

const run = promisify(execFile);

const keptFreeBytes = 3 * 1024 * 1024;

/** A volume of a size that counts, in memory. Takes root. */
export class LimitedVolume implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** With what is in `original`; `size` as mount takes it, e.g. `64m`. */
  static async from(original: string, size: string): Promise<LimitedVolume> {
    const folder = await makeServerFolder('limited-volume');
    await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'limited-volume', folder]);
    await run('cp', ['-a', '--sparse=always', `${original}/.`, folder]);
    return new LimitedVolume(folder);
  }

  /** Leaves 3 MiB free. */
  async fill(): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder);
    await run('fallocate', ['-l', String(bavail * bsize - keptFreeBytes), join(this.folder, 'filler')]);
  }

  /** As a storage driver that lets the file system grow while it is in use. */
  async grow(size: string): Promise<void> {
    await run('mount', ['-o', `remount,size=${size}`, this.folder]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A server that still runs there keeps it until its end.
    await run('umount', ['--lazy', this.folder]);
  }
}
