/** The connection of a service to Kafka, and the only file of the chassis that knows how kafkajs is made. */
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { type ISocketFactory, Kafka, type LogEntry, logLevel, type RetryOptions, type SASLOptions } from 'kafkajs';
import type { Check } from '../health.ts';
import type { Logger } from '../logger.ts';

export interface KafkaSettings {
  readonly bootstrapServers: readonly string[];
  readonly saslMechanism?: 'SCRAM-SHA-512' | 'SCRAM-SHA-256' | 'PLAIN' | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tls: boolean;
  readonly caCertificate?: string | undefined;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

export interface KafkaClient {
  readonly service: string;
  readonly kafka: Kafka;
  readonly logger: Logger;
}

/**
 * How long kafkajs tries to connect, or to find a group's coordinator, before it tells. Nothing interrupts it meanwhile, the
 * end of the process neither: so it is short, and whoever needs Kafka begins anew (`connectPatiently`, restarted consumers).
 */
const connectingMs = 2000;

/**
 * How long a consumer fetches in vain before it leaves its group and joins again. A killed broker leads its partitions until
 * its session is over: 9 s after its last heartbeat (`broker.session.timeout.ms`). When it was the active controller too, a
 * new one is elected first, within 2 to 5 s, and counts 9 s anew (docs/adr/0011). The rest is for busy machines. Longer is
 * of no use: the member's own session of 30 s is over then.
 */
export const fetchingMs = 25_000;

/**
 * Longest wait between two attempts, milliseconds. kafkajs asks who leads after a failed attempt, and only then waits: what
 * it knows in the next one is as old as the wait. So a new leader is found after two of them: in about a second.
 */
const longestWaitMs = 500;

/**
 * Attempts of kafkajs whose waits add up to `durationMs` at least, and to 2 s more at most: 100 ms, doubled up to the longest
 * wait. kafkajs spreads the first four by a fifth; they count as nothing here.
 */
export function retryFor(
  durationMs: number,
): Required<Pick<RetryOptions, 'initialRetryTime' | 'maxRetryTime' | 'retries'>> {
  return { initialRetryTime: 100, maxRetryTime: longestWaitMs, retries: 4 + Math.ceil(durationMs / longestWaitMs) };
}

/** Opens nothing yet: a service starts while Kafka is still down. */
export function openKafka(
  settings: KafkaSettings,
  { service, logger, socketFactory }: { service: string; logger: Logger; socketFactory?: ISocketFactory },
): KafkaClient {
  const kafka = new Kafka({
    clientId: service,
    brokers: [...settings.bootstrapServers],
    ...(settings.saslMechanism === undefined ? {} : { sasl: loginOf(settings) }),
    ...(settings.tls ? { ssl: settings.caCertificate === undefined ? true : { ca: settings.caCertificate } } : {}),
    connectionTimeout: settings.connectTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
    retry: retryFor(connectingMs),
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => writeLog(logger, entry),
    ...(socketFactory === undefined ? {} : { socketFactory }),
  });
  return { service, kafka, logger };
}

function loginOf({ saslMechanism, username = '', password = '' }: KafkaSettings): SASLOptions {
  switch (saslMechanism) {
    case 'PLAIN':
      return { mechanism: 'plain', username, password };
    case 'SCRAM-SHA-256':
      return { mechanism: 'scram-sha-256', username, password };
    case 'SCRAM-SHA-512':
    case undefined:
      return { mechanism: 'scram-sha-512', username, password };
  }
}

/** kafkajs tells every attempt as an error; whether one matters is said by whoever waits for it. */
function writeLog(
  logger: Logger,
  { namespace, log: { message, timestamp: _timestamp, logger: _name, ...rest } }: LogEntry,
) {
  logger.debug({ kafkajs: namespace, ...rest }, message);
}

/**
 * Repeats `connect` until it works or `signal` is aborted. kafkajs gives up by itself, and where it does not (a
 * coordinator that is loading after a restart of all brokers) its number of attempts cannot be set.
 */
export async function connectPatiently(
  connect: () => Promise<void>,
  { what, logger, signal }: { what: string; logger: Logger; signal: AbortSignal },
): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      await connect();
      if (attempt > 1) logger.info({ what, attempt }, 'kafka is reachable');
      return;
    } catch (err) {
      // One line when it begins, not one per attempt.
      if (attempt === 1) logger.warn({ err, what }, 'kafka is not reachable; trying again');
      await delay(Math.min(200 * attempt, 3000), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Asks for the cluster over a connection of its own. Paths that only fill an outbox work without Kafka: not required. */
export function createKafkaCheck(client: KafkaClient, isRequired = false): Check & { close(): Promise<void> } {
  const admin = client.kafka.admin({ retry: { retries: 0 } });
  let connected: Promise<void> | undefined;
  return {
    name: 'kafka',
    isRequired,
    probe: async () => {
      connected ??= admin.connect();
      try {
        await connected;
        await admin.describeCluster();
      } catch (error) {
        connected = undefined;
        throw error;
      }
    },
    close: () => admin.disconnect(),
  };
}

quietRequestQueue();

/**
 * After every answer kafkajs 2.2.4 sets a timer for the end of a throttling, also when there is none: with a negative
 * time, which Node reports as TimeoutNegativeWarning on each occurrence. Without throttling and without waiting
 * requests there is nothing to come back for.
 */
function quietRequestQueue(): void {
  // `as`: kafkajs has no types for its inner modules; the version is pinned for that reason.
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
    readonly prototype: { pending: readonly unknown[]; throttledUntil: number; scheduleCheckPendingRequests(): void };
  };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function scheduleWhenNeeded() {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) {
      schedule.call(this);
    }
  };
}
