/** Settings of the user service. */
import { z } from 'zod';
import {
  httpSettings,
  identitySettings,
  optionalKafkaSettings,
  outboxSettings,
  postgresSettings,
  processSettings,
} from '#chassis/config/base.ts';
import { liveSetting, numberSetting, setting } from '#chassis/config/settings.ts';
import { oneOf, text } from '#chassis/config/values.ts';
import { servicePorts } from '#contracts/services.ts';
import { parsePersonalDataKeys } from './secrets/personal-data-keys.ts';
import { parseSigningKeys } from './secrets/signing-keys.ts';

const hourMs = 3_600_000;

/** A schema of what a parser reads that throws with what is wrong. */
function parsed<T>(parse: (text: string) => T) {
  return z.string().transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'cannot be read' });
      return z.NEVER;
    }
  });
}

export const userSettings = {
  process: processSettings,
  // Beside twice the connections: sign-ins that wait for their hash (`APP_PASSWORD_QUEUE`) take no turn from anybody.
  http: httpSettings(servicePorts.user, { maxConcurrency: 40 + 64 }),
  identity: identitySettings,
  postgres: postgresSettings,
  kafka: optionalKafkaSettings,
  outbox: outboxSettings,
  tokens: {
    signingKeys: liveSetting({
      variable: 'APP_IDENTITY_SIGNING_KEYS',
      schema: parsed(parseSigningKeys),
      secret: true,
      description:
        'Private RSA keys of access tokens in PEM form, one after the other: the first that was published long enough signs. To change the key, put the new one in front and take the old one away after `APP_IDENTITY_PUBLISH_AHEAD_MS`.',
    }),
    issuer: setting({
      variable: 'APP_IDENTITY_ISSUER',
      schema: text(1, 256),
      fallback: 'ecommerce-stack',
      description: 'Issuer (`iss`) of access tokens.',
    }),
    audience: setting({
      variable: 'APP_IDENTITY_AUDIENCE',
      schema: text(1, 256),
      fallback: 'shop',
      description: 'Audience (`aud`) of access tokens.',
    }),
    lifetimeSeconds: numberSetting(
      'APP_ACCESS_TOKEN_LIFETIME_S',
      [60, 900],
      600,
      'Seconds that an access token is valid. The gateway refuses those of ended sessions within 5 s; after that time roles that were taken away are gone everywhere.',
    ),
    publishAheadMs: numberSetting(
      'APP_IDENTITY_PUBLISH_AHEAD_MS',
      [0, 7 * 24 * hourMs],
      600_000,
      'How long a new key is published before it signs; longer than verifiers keep the key set (5 minutes).',
    ),
    keyRefreshMs: numberSetting(
      'APP_IDENTITY_KEY_REFRESH_MS',
      [10, 600_000],
      30_000,
      'How often a replica tells its keys to the others and learns theirs.',
    ),
  },
  personalData: {
    keys: liveSetting({
      variable: 'APP_PERSONAL_DATA_KEYS',
      schema: parsed(parsePersonalDataKeys),
      secret: true,
      description:
        'Keys of personal data in the database, 1 to 3 separated by commas, each of 43 to 128 random characters of A-Z, a-z, 0-9, - and _: the first seals, all open. Whoever loses them loses the data. How to change them: services/user/README.md.',
    }),
    resealMs: numberSetting(
      'APP_PERSONAL_DATA_RESEAL_MS',
      [10, hourMs],
      60_000,
      'How often a replica looks for what is sealed with an older key, and seals it with the first one.',
    ),
  },
  sessions: {
    idleDays: numberSetting('APP_SESSION_IDLE_DAYS', [1, 365], 30, 'A session that is not used for so many days ends.'),
    maxDays: numberSetting(
      'APP_SESSION_MAX_DAYS',
      [1, 730],
      90,
      'A session ends after so many days, however it is used.',
    ),
  },
  passwords: {
    memoryKib: numberSetting(
      'APP_PASSWORD_MEMORY_KIB',
      // Below is weaker than OWASP's recommendation of 19 MiB with two passes.
      [19_456, 1_048_576],
      19_456,
      'Memory of one Argon2id hash. After a change passwords are hashed anew when their owners sign in.',
    ),
    passes: numberSetting('APP_PASSWORD_PASSES', [2, 20], 2, 'Passes of Argon2id over that memory.'),
    concurrency: numberSetting(
      'APP_PASSWORD_CONCURRENCY',
      // Node runs them on its four worker threads, which others need too.
      [1, 3],
      2,
      'Most passwords that are hashed at the same time. One processor is left to all other requests, so on two of them it is one.',
    ),
    waiting: numberSetting(
      'APP_PASSWORD_QUEUE',
      [0, 10_000],
      64,
      'Passwords that may wait for being hashed; what comes beyond is answered 429.',
    ),
  },
  lockout: {
    failures: numberSetting(
      'APP_LOCKOUT_FAILURES',
      [1, 1000],
      20,
      'Failed attempts from anywhere that lock an account for a while.',
    ),
    failuresPerAddress: numberSetting(
      'APP_LOCKOUT_FAILURES_PER_ADDRESS',
      [1, 1000],
      5,
      'Failed attempts from one network address that lock an account for that address.',
    ),
    failuresPerNetwork: numberSetting(
      'APP_LOCKOUT_FAILURES_PER_NETWORK',
      [1, 100_000],
      50,
      'Failed attempts within 15 minutes, at whatever accounts, that lock a network address (a /64 of IPv6).',
    ),
    firstMs: numberSetting(
      'APP_LOCKOUT_FIRST_MS',
      [1, hourMs],
      30_000,
      'The first lock; each further failure doubles it.',
    ),
    longestMs: numberSetting('APP_LOCKOUT_LONGEST_MS', [1, 24 * hourMs], hourMs, 'The longest lock.'),
    forgiveMs: numberSetting(
      'APP_LOCKOUT_FORGIVE_MS',
      [1, 24 * hourMs],
      600_000,
      'In this time one failure at an account is forgiven.',
    ),
  },
  registration: {
    verification: setting({
      variable: 'APP_EMAIL_VERIFICATION',
      schema: oneOf(['required', 'off']),
      fallback: 'required',
      description:
        'Whether an account begins with the link that is sent to its address. `off` is for development and for shops without a notification service: registering then tells by what follows whether an address has an account.',
    }),
  },
  audit: {
    retentionDays: numberSetting('APP_AUDIT_RETENTION_DAYS', [1, 3650], 400, 'Days that the audit trail is kept.'),
  },
} as const;
