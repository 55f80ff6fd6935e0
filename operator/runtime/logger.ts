import { type DestinationStream, destination, type Logger, type LoggerOptions as PinoOptions, pino } from 'pino';

export type { Logger };

export interface LoggerOptions {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  /** `logger` of every line, e.g. `operator`. */
  readonly name: string;
  /** Standard output when absent. */
  readonly destination?: DestinationStream;
}

/** Names of fields whose values never reach a log. */
const secretNames = [
  'password',
  'passwd',
  'token',
  'authorization',
  'Authorization',
  'secret',
  'privateKey',
  'clientSecret',
  'accessKey',
  'secretKey',
  'connectionString',
  'stringData',
];
/** How deep they are looked for: fields of the line, of an object in it, of an object in that, and once more. */
const prefixes = ['', '*.', '*.*.', '*.*.*.'];

/** JSON lines with `ts`, `level` (a word), `logger`, `msg`; values under names of secrets are replaced. */
export function createLogger(options: LoggerOptions): Logger {
  const settings: PinoOptions = {
    level: options.level,
    base: { logger: options.name },
    messageKey: 'msg',
    timestamp: () => `,"ts":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: prefixes.flatMap((prefix) => secretNames.map((name) => `${prefix}${name}`)),
      censor: '[redacted]',
    },
  };
  return pino(settings, options.destination ?? destination({ fd: 1, sync: true }));
}
