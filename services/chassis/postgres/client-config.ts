/** What every connection to PostgreSQL is opened with, of a pool or alone. */
import pg from 'pg';
import type { Live } from '../config/live.ts';
import { type SslMode, tlsOptions } from './tls.ts';

/** Where a database is and who opens it. */
export interface DatabaseLogin {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: Live<string>;
  readonly password: Live<string>;
  readonly sslMode: SslMode;
  readonly caCertificate?: string | undefined;
}

export interface ConnectionSettings extends DatabaseLogin {
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
}

/** A server that went away without a word is given up so long after it should have ended the statement itself. */
export const answerGraceMs = 1000;

/** For one connection: the next one may have to log in otherwise. */
export function toClientConfig(settings: ConnectionSettings, applicationName: string): pg.ClientConfig {
  return {
    host: settings.host,
    port: settings.port,
    database: settings.database,
    user: settings.username.current,
    password: settings.password.current,
    ssl: tlsOptions(settings),
    connectionTimeoutMillis: settings.connectTimeoutMs,
    statement_timeout: settings.statementTimeoutMs,
    query_timeout: settings.statementTimeoutMs + answerGraceMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5000,
    application_name: applicationName,
    types: { getTypeParser: parserOf },
  };
}

/** `bigint` as number: our amounts and counts are far below 2^53, and an unsafe one is a defect. */
function parseBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`${text} is not a safe integer`);
  return value;
}

const bigintOid = 20;

const parserOf = ((oid: number, format?: 'text' | 'binary') =>
  oid === bigintOid && format !== 'binary'
    ? parseBigint
    : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser; // overloads
