/** The standard output as the place of log lines. */
import { writeSync } from 'node:fs';
import { type DestinationStream, pino } from 'pino';

/** So much is written at once, characters: about ten lines. A write of its own costs as much CPU as making the line. */
const batchLength = 4096;
/** And no line waits longer, milliseconds. */
const flushMs = 100;
/** So long, milliseconds, is waited for a reader who does not keep up, once; what he does not take then is lost. */
const patienceMs = 1000;
const pauseMs = 5;
const warnLevel = pino.levels.values['warn'] ?? 40;

/**
 * Lines in batches; from warnings on at once, with all before them. A process that is killed loses what it said in its last tenth of a
 * second; one that ends in any other way loses nothing. When nobody reads any more, lines are lost and requests are not: pino's own
 * buffered output tries for ever then, and nothing else runs (sonic-boom 4.2.1, `flushSync`).
 */
export function openLogOutput(descriptor = 1): DestinationStream {
  const write = createWriter(descriptor);
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const text = lines;
    lines = '';
    if (text !== '') write(text);
  };
  process.once('exit', flush);
  return Object.assign(
    {
      /** Set by pino before each write, because of the symbol. */
      lastLevel: 0,
      write(line: string) {
        lines += line;
        if (this.lastLevel >= warnLevel || lines.length >= batchLength) flush();
        else timer ??= setTimeout(flush, flushMs).unref();
      },
    },
    { [Symbol.for('pino.metadata')]: true },
  );
}

function createWriter(descriptor: number): (text: string) => void {
  let isReaderLate = false;
  let isLineCut = false;
  return (text) => {
    // What was cut ends here, so that it spoils no other line.
    const bytes = Buffer.from(isLineCut ? `\n${text}` : text);
    const { written, end } = writeAll(descriptor, bytes, isReaderLate ? 0 : patienceMs);
    isReaderLate = end === 'late';
    isLineCut = written > 0 ? written < bytes.length : isLineCut;
  };
}

interface Written {
  readonly written: number;
  readonly end: 'whole' | 'late' | 'closed';
}

function writeAll(descriptor: number, bytes: Buffer, withinMs: number): Written {
  const endsAt = performance.now() + withinMs;
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      if (!isFull(error)) return { written, end: 'closed' };
      if (performance.now() >= endsAt) return { written, end: 'late' };
      pause();
    }
  }
  return { written, end: 'whole' };
}

/** The reader has not taken what was written before. */
function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}

const nobody = new Int32Array(new SharedArrayBuffer(4));

function pause(): void {
  Atomics.wait(nobody, 0, 0, pauseMs);
}
