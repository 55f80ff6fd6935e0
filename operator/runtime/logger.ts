import type { DestinationStream, Logger } from 'pino';

export type { Logger };

export interface LoggerOptions {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  /** `logger` of every line, e.g. `operator`. */
  readonly name: string;
  /** Standard output when absent. */
  readonly destination?: DestinationStream;
}

/** JSON lines with `ts`, `level` (a word), `logger`, `msg`; values under names of secrets are replaced. */
export declare function createLogger(options: LoggerOptions): Logger;
