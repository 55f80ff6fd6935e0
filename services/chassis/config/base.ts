/** Settings that every service has. */
import { z } from 'zod';
import { sslModes } from '../postgres/tls.ts';
import { folderVariable } from './secret-files.ts';
import { liveSetting, numberSetting, setting } from './settings.ts';
import { commaList, hostPorts, milliseconds, oneOf, optionalText, port, text, wholeNumber, yesOrNo } from './values.ts';

/** Process-wide settings: `APP_LOG_LEVEL`, `APP_VERSION`, and where files with settings are. */
export const processSettings = {
  logLevel: setting({
    variable: 'APP_LOG_LEVEL',
    schema: oneOf(['debug', 'info', 'warn', 'error', 'silent']),
    fallback: 'info',
    description: 'Least severe level that is logged.',
  }),
  version: setting({
    variable: 'APP_VERSION',
    schema: text(1, 128),
    fallback: 'dev',
    description: 'Release of the service, shown in logs, metrics and the API description.',
  }),
  secretsFolder: setting({
    variable: folderVariable,
    schema: text(1, 1024).optional(),
    description:
      'Folder with files that are named as these variables, each with the value of one. A variable that is set wins over its file.',
  }),
  secretsPollMs: numberSetting(
    'APP_SECRETS_POLL_MS',
    [10, 3_600_000],
    5000,
    'How often these files are read again for changes of what is live.',
  ),
} as const;

/** The two HTTP servers and how they stop. */
/**
 * `maxConcurrency`: requests of a service that waits for its database are twice its connections, so that one is always ready to take
 * the next; a service that waits for something else says its own number.
 */
export function httpSettings(defaultPort: number, { maxConcurrency = 40 } = {}) {
  return {
    port: setting({
      variable: 'APP_PORT',
      schema: port,
      fallback: String(defaultPort),
      description: 'Port of the public server.',
    }),
    adminPort: setting({
      variable: 'APP_ADMIN_PORT',
      schema: port,
      fallback: '9000',
      description: 'Port of the admin server: probes and metrics.',
    }),
    shutdownDelayMs: setting({
      variable: 'APP_SHUTDOWN_DELAY_MS',
      schema: milliseconds,
      // Until every kube-proxy has dropped the endpoint: 5 s covers the usual lag.
      fallback: '5000',
      description: 'After SIGTERM: how long requests are still accepted while `/health` already says 503.',
    }),
    shutdownGraceMs: setting({
      variable: 'APP_SHUTDOWN_GRACE_MS',
      schema: milliseconds,
      // Below the 30 s that Kubernetes waits before SIGKILL.
      fallback: '25000',
      description: 'After SIGTERM: when the process ends even if requests are still running.',
    }),
    maxConcurrency: setting({
      variable: 'APP_MAX_CONCURRENCY',
      schema: wholeNumber(1, 100_000),
      fallback: String(maxConcurrency),
      description:
        'Requests that run at the same time; others wait for their turn, those first that a purchase depends on.',
    }),
    maxWaitMs: setting({
      variable: 'APP_MAX_WAIT_MS',
      schema: milliseconds,
      fallback: '100',
      description: 'Longest wait for a turn; what waited longer is answered 503 with `Retry-After`.',
    }),
    shedLoopDelayMs: setting({
      variable: 'APP_SHED_LOOP_DELAY_MS',
      schema: milliseconds,
      fallback: '200',
      description:
        'While the slowest hundredth of the event loop takes longer, requests that a customer can do without are refused, and from five times as much on all that no purchase depends on. 0: never.',
    }),
    warmUpMs: setting({
      variable: 'APP_WARM_UP_MS',
      schema: milliseconds,
      fallback: '0',
      description:
        'The longest time a starting process asks itself what customers ask most before it takes requests, so that its code is compiled; it ends sooner when its answers become no faster. 0: not at all.',
    }),
    responseCheck: setting({
      variable: 'APP_RESPONSE_CHECK',
      schema: oneOf(['always', 'sampled', 'off']),
      fallback: 'sampled',
      description:
        'Whether responses are checked against the API description: `always` answers 500 to a fault, `sampled` logs and counts faults of 1 % of the responses.',
    }),
  } as const;
}

/** What was made by chance has more: 32 hexadecimal digits have fewer than ten different ones once in ten thousand times. */
const fewestCharacters = 8;

/** Whether a key might be random: one of repeated characters was typed to fill the length. */
function isVaried(key: string): boolean {
  return new Set(key).size >= fewestCharacters;
}

/** The key that the internal identity is signed with. */
export const identitySettings = {
  internalKeys: liveSetting({
    variable: 'APP_INTERNAL_KEY',
    schema: commaList.pipe(
      z
        .array(
          z
            .string()
            .min(32, 'each key must have at least 32 characters')
            .refine(isVaried, `each key must have at least ${fewestCharacters} different characters`),
        )
        .min(1, 'must hold a key')
        .max(2, 'must hold at most two keys'),
    ),
    secret: true,
    description:
      'Key of the internal identity token; two separated by a comma while it is being changed: the first signs, both verify.',
  }),
} as const;

/** Where PostgreSQL is, and the connection pool. Defaults of the pool are those of the deployment guide. */
export const postgresSettings = {
  host: setting({ variable: 'APP_POSTGRES_HOST', schema: text(1, 253), description: 'Host of the primary.' }),
  port: setting({ variable: 'APP_POSTGRES_PORT', schema: port, fallback: '5432', description: 'Port of the primary.' }),
  readOnlyHost: setting({
    variable: 'APP_POSTGRES_RO_HOST',
    schema: text(1, 253).optional(),
    description: 'Host of the read replicas; without it reads go to the primary.',
  }),
  readOnlyPort: setting({
    variable: 'APP_POSTGRES_RO_PORT',
    schema: port,
    fallback: '5432',
    description: 'Port of the read replicas.',
  }),
  database: setting({ variable: 'APP_POSTGRES_DATABASE', schema: text(1, 63), description: 'Name of the database.' }),
  username: liveSetting({
    variable: 'APP_POSTGRES_USERNAME',
    schema: text(1, 63),
    description: 'Role to log in as.',
  }),
  password: liveSetting({
    variable: 'APP_POSTGRES_PASSWORD',
    schema: text(1, 1024),
    secret: true,
    description: 'Password of the role. New connections log in with the present one; those that are there stay.',
  }),
  sslMode: setting({
    variable: 'APP_POSTGRES_SSLMODE',
    schema: oneOf(sslModes),
    fallback: 'disable',
    description:
      '`require` encrypts without checking the certificate; `verify-ca` checks who signed it, `verify-full` also the host name.',
  }),
  caCertificate: setting({
    variable: 'APP_POSTGRES_CA',
    schema: text(1, 65_536).optional(),
    description: 'PEM certificate that the server’s is signed with; without it the well-known authorities are used.',
  }),
  poolMax: setting({
    variable: 'APP_POSTGRES_POOL_MAX',
    schema: wholeNumber(1, 200),
    fallback: '20',
    description: 'Most connections of one pool.',
  }),
  poolMin: setting({
    variable: 'APP_POSTGRES_POOL_MIN',
    schema: wholeNumber(0, 200),
    fallback: '5',
    description: 'Idle connections that are kept.',
  }),
  idleTimeoutMs: setting({
    variable: 'APP_POSTGRES_IDLE_TIMEOUT_MS',
    schema: milliseconds,
    fallback: '30000',
    description: 'How long a connection above the minimum may be idle.',
  }),
  connectTimeoutMs: setting({
    variable: 'APP_POSTGRES_CONNECT_TIMEOUT_MS',
    schema: milliseconds,
    fallback: '2000',
    description: 'Longest wait for a connection, new or from the pool.',
  }),
  statementTimeoutMs: setting({
    variable: 'APP_POSTGRES_STATEMENT_TIMEOUT_MS',
    schema: wholeNumber(1, 86_400_000),
    fallback: '10000',
    description: 'Longest run of one statement; the deadline of a request shortens it.',
  }),
  migrationDeadlineMs: setting({
    variable: 'APP_MIGRATION_DEADLINE_MS',
    schema: wholeNumber(1, 86_400_000),
    fallback: '300000',
    description: '`migrate` only: how long to wait for the database and for another migration.',
  }),
} as const;

/** Where the Redis Cluster is. */
export function redisSettings(commandTimeoutMs: number) {
  return {
    nodes: setting({
      variable: 'APP_REDIS_NODES',
      schema: hostPorts,
      description: 'Nodes of the Redis Cluster to start from: `host:port,host:port…`.',
    }),
    username: setting({
      variable: 'APP_REDIS_USERNAME',
      schema: text(1, 128).optional(),
      description: 'ACL user; without it the user `default`.',
    }),
    password: setting({
      variable: 'APP_REDIS_PASSWORD',
      schema: text(1, 1024).optional(),
      secret: true,
      description: 'Password of the user.',
    }),
    commandTimeoutMs: setting({
      variable: 'APP_REDIS_COMMAND_TIMEOUT_MS',
      schema: wholeNumber(1, 60_000),
      fallback: String(commandTimeoutMs),
      description: 'Longest wait for the answer to one command.',
    }),
  } as const;
}

/** Where Kafka is, how events are sent, and how often handling one is tried. */
export const kafkaSettings = {
  bootstrapServers: setting({
    variable: 'APP_KAFKA_BOOTSTRAP_SERVERS',
    schema: hostPorts,
    description: 'Brokers to start from: `host:port,host:port…`.',
  }),
  saslMechanism: setting({
    variable: 'APP_KAFKA_SASL_MECHANISM',
    schema: oneOf(['', 'SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN']).transform((word) =>
      word === '' ? undefined : word,
    ),
    fallback: '',
    description: 'How to log in; empty: not at all.',
  }),
  username: setting({
    variable: 'APP_KAFKA_USERNAME',
    schema: optionalText(128),
    fallback: '',
    description: 'User to log in as.',
  }),
  password: setting({
    variable: 'APP_KAFKA_PASSWORD',
    schema: optionalText(1024),
    fallback: '',
    secret: true,
    description: 'Password of the user.',
  }),
  tls: setting({
    variable: 'APP_KAFKA_TLS',
    schema: yesOrNo,
    fallback: 'false',
    description: 'Whether connections are encrypted.',
  }),
  caCertificate: setting({
    variable: 'APP_KAFKA_CA',
    schema: optionalText(65_536),
    fallback: '',
    description: 'PEM certificate that the brokers’ are signed with; without it the well-known authorities are used.',
  }),
  connectTimeoutMs: setting({
    variable: 'APP_KAFKA_CONNECT_TIMEOUT_MS',
    schema: wholeNumber(1, 60_000),
    fallback: '2000',
    description: 'Longest wait for a connection to a broker.',
  }),
  requestTimeoutMs: setting({
    variable: 'APP_KAFKA_REQUEST_TIMEOUT_MS',
    schema: wholeNumber(1, 300_000),
    fallback: '10000',
    description: 'Longest wait for the answer to one request.',
  }),
  sendTimeoutMs: setting({
    variable: 'APP_KAFKA_SEND_TIMEOUT_MS',
    schema: wholeNumber(1, 300_000),
    // A killed broker leads for 9 s, 11 to 14 s when it was the active controller too (`fetchingMs` in kafka/client.ts).
    fallback: '20000',
    description:
      'Longest wait for the acknowledgement of an event, with all repetitions; longer than a killed broker leads.',
  }),
  batchMaxEvents: setting({
    variable: 'APP_KAFKA_BATCH_MAX_EVENTS',
    schema: wholeNumber(1, 10_000),
    fallback: '500',
    description: 'Most events of one request.',
  }),
  maxAttempts: setting({
    variable: 'APP_KAFKA_MAX_ATTEMPTS',
    schema: wholeNumber(1, 100),
    fallback: '5',
    description: 'Attempts to handle an event before it goes to the dead-letter topic.',
  }),
  retryDelayMs: setting({
    variable: 'APP_KAFKA_RETRY_DELAY_MS',
    schema: milliseconds,
    fallback: '200',
    description: 'Wait before the second attempt; doubles with each, up to 10 s.',
  }),
} as const;

/** For a service that goes on without Kafka: it needs nothing but its outbox. */
export const optionalKafkaSettings = {
  ...kafkaSettings,
  bootstrapServers: setting({
    variable: 'APP_KAFKA_BOOTSTRAP_SERVERS',
    schema: hostPorts.optional(),
    description: 'Brokers to start from: `host:port,host:port…`; without them events wait in the outbox.',
  }),
} as const;

/** How events get from the outbox to Kafka. */
export const outboxSettings = {
  pollMs: setting({
    variable: 'APP_OUTBOX_POLL_MS',
    schema: wholeNumber(10, 60_000),
    fallback: '1000',
    description: 'How often the relay looks for events that no notification told it of.',
  }),
  notify: setting({
    variable: 'APP_OUTBOX_NOTIFY',
    schema: yesOrNo,
    fallback: 'true',
    description:
      'Whether a commit with events wakes the relay at once. Such commits take turns on the whole server; with thousands of them a second `false` and a poll of 50 ms is faster.',
  }),
  keepHours: setting({
    variable: 'APP_OUTBOX_KEEP_HOURS',
    schema: wholeNumber(0, 8760),
    fallback: '24',
    description: 'How long published events stay in the outbox.',
  }),
} as const;
