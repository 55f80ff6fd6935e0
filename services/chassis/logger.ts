/** JSON logs: one line per event, message constant, data as fields. */
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { currentContext } from './context.ts';
import { openLogOutput } from './log-output.ts';

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

let output: DestinationStream | undefined;

/** One for all loggers of the process: their lines stay in order. */
function standardOutput(): DestinationStream {
  output ??= openLogOutput();
  return output;
}

/** A logger that writes nothing, for tools and tests. */
export const silentLogger: Logger = pino({ level: 'silent' });

function requestFields(): Record<string, string> {
  const context = currentContext();
  if (context === undefined) return {};
  const { requestId, traceId } = context;
  return traceId === undefined ? { requestId } : { requestId, traceId };
}
