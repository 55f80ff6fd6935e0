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
  destination?: DestinationStream,
): Logger {
  const settings = {
    level: options.level,
    base: { service: options.service, version: options.version },
    timestamp: () => `,"ts":"${new Date().toISOString()}"`,
    messageKey: 'msg',
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redacted, censor: '[redacted]' },
    mixin: requestFields,
  };
  return destination === undefined ? pino(settings) : pino(settings, destination);
}

/** A logger that writes nothing, for tools and tests. */
export const silentLogger: Logger = pino({ level: 'silent' });

function requestFields(): Record<string, string> {
  const context = currentContext();
  if (context === undefined) return {};
  const { requestId, traceId } = context;
  return traceId === undefined ? { requestId } : { requestId, traceId };
}
