import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import type { Server } from 'node:net';
import { FatalWaitError, waitFor } from '../control-plane/wait.ts';
import { tailOf } from '../log-tail.ts';
import { systemPath } from '../programs/run.ts';

/** The position of the channel in `stdio` below; the program finds it by this variable of Node. */
export const channelVariable = 'NODE_CHANNEL_FD=3';

const shownLogLines = 20;
/** A busy machine may take some seconds to start a program. */
const answerTimeoutMs = 30_000;

/**
 * Starts a Node program that outlives this one, gives it a listening socket and resolves when it has taken that, which
 * it tells by a message. Rejects with the end of its log when it ends before, or does not answer.
 */
export async function handOver(command: readonly string[], server: Server, logPath: string): Promise<void> {
  await using log = await open(logPath, 'a');
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
    env: { ...process.env, PATH: systemPath() },
  });
  let hasAnswered = false;
  let failure: Error | undefined;
  child.once('message', () => {
    hasAnswered = true;
  });
  // Heard to the end: what is sent into a channel that just closed is told by this event as well.
  child.on('error', (error) => {
    failure = error;
  });
  child.send('listen', server);
  // The channel ends with the last process that holds it: with the program, not with those that started it. It is looked
  // at because Node announces no end while a socket is on its way.
  const isTaken = async () => {
    if (!hasAnswered && (failure !== undefined || !child.connected)) {
      const how = failure === undefined ? 'ended before it took its socket' : `was not reached: ${failure.message}`;
      throw new FatalWaitError(`the program that forwards connections ${how}; ${await tailOf(logPath, shownLogLines)}`);
    }
    return hasAnswered;
  };
  try {
    await waitFor('the program that forwards connections takes its socket', isTaken, {
      timeoutMs: answerTimeoutMs,
      explain: () => tailOf(logPath, shownLogLines),
    });
  } finally {
    if (child.connected) {
      child.disconnect();
    }
  }
}
