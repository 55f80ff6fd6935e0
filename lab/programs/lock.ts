import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Runs `work` while no other process of this machine runs work under the same name. The lock is a listening socket:
 * the kernel frees it when its holder ends, however that happens, and those who wait are connected to it and wake at once.
 * `onWait` is called when somebody else holds the lock.
 */
export async function withLock<T>(name: string, work: () => Promise<T>, onWait?: () => void): Promise<T> {
  const lock = await acquire(socketName(name), onWait);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

interface Lock {
  release(): void;
}

async function acquire(address: string, onWait: (() => void) | undefined): Promise<Lock> {
  for (let isFirst = true; ; isFirst = false) {
    const lock = await tryAcquire(address);
    if (lock !== undefined) {
      return lock;
    }
    if (isFirst) {
      onWait?.();
    }
    await waitForRelease(address);
  }
}

async function tryAcquire(address: string): Promise<Lock | undefined> {
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket);
    // Somebody who waits may die; that is no concern of the holder.
    socket.on('error', () => undefined).once('close', () => waiting.delete(socket));
  });
  try {
    server.listen(address);
    await once(server, 'listening');
  } catch (error) {
    // `as`: errors of node:net carry a code.
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      return undefined;
    }
    throw error;
  }
  return {
    release() {
      server.close();
      for (const socket of waiting) {
        socket.destroy();
      }
    },
  };
}

async function waitForRelease(address: string): Promise<void> {
  const socket = connect(address);
  try {
    await once(socket, 'close');
  } catch (error) {
    // `as`: errors of node:net carry a code. A socket file without a listener is what a killed holder left behind.
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED' && !address.startsWith('\0')) {
      await rm(address, { force: true });
    }
  }
}

/** Linux has abstract sockets, which leave no file; names of sockets are short, so the name is hashed. */
function socketName(name: string): string {
  const id = `ecommerce-stack-${createHash('sha256').update(name).digest('hex').slice(0, 24)}`;
  return platform() === 'linux' ? `\0${id}` : join(tmpdir(), id);
}
