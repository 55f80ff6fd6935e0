import { tailOf } from './log-tail.ts';
import type { Progress, Step } from './provider.ts';

const spinnerIntervalMs = 200;
/** How often plain lines say that a long step still goes on: often enough that nobody takes it for dead. */
const heartbeatMs = 30_000;
const failureLogLines = 20;

/** Where progress is written; `process.stderr` fits. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/**
 * Progress for a person: on a terminal one line that updates with the elapsed time, elsewhere one plain line when
 * a step starts to wait for something new and one when it ends, so that logs of CI stay short.
 */
export function createProgress(output: ProgressOutput = process.stderr): Progress {
  return {
    step: (title, work) => runStep(output, title, work),
    note: (text) => void output.write(`${text}\n`),
  };
}

/** Progress that says nothing, for tests and for calls whose caller shows its own. */
export const silentProgress: Progress = {
  step: (_title, work) => work({ detail() {}, log() {} }),
  note() {},
};

/** Seconds with one decimal below a minute (`4.2s`), minutes and seconds above (`3m05s`). */
export function formatElapsed(milliseconds: number): string {
  if (milliseconds < 60_000) {
    return `${(milliseconds / 1000).toFixed(1)}s`;
  }
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`;
}

async function runStep<T>(output: ProgressOutput, title: string, work: (step: Step) => Promise<T>): Promise<T> {
  const line = output.isTTY === true ? updatingLine(output, title) : plainLines(output, title);
  let logPath: string | undefined;
  try {
    const result = await work({
      detail: (text) => line.detail(text),
      log(path) {
        logPath = path;
      },
    });
    line.end('done');
    return result;
  } catch (error) {
    line.end('failed');
    if (logPath !== undefined) {
      output.write(`${await tailOf(logPath, failureLogLines)}\n`);
    }
    throw error;
  }
}

interface Line {
  detail(text: string): void;
  end(outcome: 'done' | 'failed'): void;
}

function plainLines(output: ProgressOutput, title: string): Line {
  const startedAt = performance.now();
  const elapsed = () => formatElapsed(performance.now() - startedAt);
  let shown = '';
  output.write(`… ${title}\n`);
  const show = () => output.write(`  ${title}: ${shown === '' ? 'still at it' : shown} (${elapsed()})\n`);
  const heartbeat = setInterval(show, heartbeatMs).unref();
  return {
    detail(text) {
      if (text !== shown) {
        shown = text;
        show();
        heartbeat.refresh();
      }
    },
    end(outcome) {
      clearInterval(heartbeat);
      output.write(`${outcome === 'done' ? '✓' : '✗'} ${title} ${elapsed()}\n`);
    },
  };
}

function updatingLine(output: ProgressOutput, title: string): Line {
  const startedAt = performance.now();
  let text = '';
  const draw = (mark: string, tail: string) => {
    const elapsed = formatElapsed(performance.now() - startedAt);
    const line = `${mark} ${title} ${elapsed}${tail === '' ? '' : `  ${tail}`}`;
    // Some pseudo-terminals have a width of 0.
    output.write(`\r\u001b[2K${line.slice(0, (output.columns || 120) - 1)}`);
  };
  const timer = setInterval(() => draw('…', text), spinnerIntervalMs).unref();
  draw('…', '');
  return {
    detail(next) {
      text = next;
      draw('…', text);
    },
    end(outcome) {
      clearInterval(timer);
      draw(outcome === 'done' ? '✓' : '✗', '');
      output.write('\n');
    },
  };
}
