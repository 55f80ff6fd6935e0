/** JSON logs: one line per event, message constant, data as fields. */
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { currentContext } from './context.ts';

export type Logger = PinoLogger;

/**
 * Paths that never leave the process, whatever is logged. Fixed paths only: wildcards deeper than one level cost on
 * every line.
 */
const redacted = [
  'password',
  'secret',
  'token',
  'authorization',
  'cookie',
  'headers.authorization',
  'headers.cookie',
  'headers["set-cookie"]',
  'headers["x-internal-identity"]',
  '*.password',
  '*.secret',
  '*.token',
  '*.authorization',
];

/**
 * The logger of a service. Lines written while a request is served carry its `requestId` and `traceId`.
 *
 * Levels: error = somebody must act, warn = degraded, info = a state changed or a request was served, debug = the rest.
 */
export function createLogger(
  options: { readonly service: string; readonly version: string; readonly level: string },
  destination: DestinationStream = standardOutput(),
): Logger {
  const settings = {
    level: options.level,
    base: { service: options.service, version: options.version },
    timestamp: () => `,"ts":"${isoTime(Date.now())}"`,
    messageKey: 'msg',
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redacted, censor: '[redacted]' },
    mixin: requestFields,
  };
  return pino(settings, destination);
}

/**
 * For the line of each served request: it carries numbers and names that we chose, so nothing is searched for secrets, which costs
 * more than the line.
 */
export function createAccessLog(logger: Logger): Logger {
  return logger.child({}, { redact: [] });
}

let second = Number.NaN;
let secondText = '';

/** RFC 3339 in UTC with milliseconds. Many lines share a second, and a `Date` takes ten times as long. */
function isoTime(ms: number): string {
  const current = Math.floor(ms / 1000);
  if (current !== second) {
    second = current;
    secondText = new Date(current * 1000).toISOString().slice(0, -4);
  }
  return `${secondText}${String(ms % 1000).padStart(3, '0')}Z`;
}

/** So much is written at once, bytes: about ten lines. A write of its own costs as much CPU as making the line. */
const bufferBytes = 4096;
/** And no line waits longer, milliseconds. */
const flushMs = 100;
const warnLevel = pino.levels.values['warn'] ?? 40;

let output: DestinationStream | undefined;

/**
 * Lines in batches; from warnings on at once, with all before them. A process that is killed loses what it said in its last tenth of a
 * second; one that ends in any other way loses nothing.
 */
function standardOutput(): DestinationStream {
  output ??= openOutput();
  return output;
}

function openOutput(): DestinationStream {
  const file = pino.destination({ dest: 1, sync: true, minLength: bufferBytes });
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    file.flushSync();
  };
  process.once('exit', flush);
  return Object.assign(
    {
      /** Set by pino before each write, because of the symbol. */
      lastLevel: 0,
      write(line: string) {
        file.write(line);
        if (this.lastLevel >= warnLevel) flush();
        else timer ??= setTimeout(flush, flushMs).unref();
      },
    },
    { [Symbol.for('pino.metadata')]: true },
  );
}

/** A logger that writes nothing, for tools and tests. */
export const silentLogger: Logger = pino({ level: 'silent' });

function requestFields(): Record<string, string> {
  const context = currentContext();
  if (context === undefined) return {};
  const { requestId, traceId } = context;
  return traceId === undefined ? { requestId } : { requestId, traceId };
}
