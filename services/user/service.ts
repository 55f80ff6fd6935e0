/** The user service: who the customers and the staff are. */
import { createPostgresIdempotencyStore } from '#chassis/idempotency/postgres-store.ts';
import { uuidv7 } from '#chassis/ids.ts';
import { createSchemaCheck } from '#chassis/migrations/schema-check.ts';
import { openOutbox } from '#chassis/outbox/open-outbox.ts';
import { openDatabase } from '#chassis/postgres/database.ts';
import { createService, type Platform, type Worker } from '#chassis/service.ts';
import type { UserDeps } from './deps.ts';
import { createKeyAdoption } from './key-adoption.ts';
import { createKeysCheck, createResealing } from './personal-data-workers.ts';
import { addressRoutes } from './routes/addresses.ts';
import { authRoutes } from './routes/auth.ts';
import { internalRoutes } from './routes/internal.ts';
import { meRoutes } from './routes/me.ts';
import { userRoutes } from './routes/users.ts';
import { createAccessTokenIssuer } from './secrets/access-tokens.ts';
import { createAddressDigest } from './secrets/address-digest.ts';
import { createBoundedQueue } from './secrets/bounded-queue.ts';
import { createKeyRing } from './secrets/key-ring.ts';
import { createPasswordHasher, hashingConcurrency, tooManySignIns } from './secrets/password-hasher.ts';
import { createPersonalData, withReplaceableKeys } from './secrets/personal-data.ts';
import { userSettings } from './settings.ts';
import { sealPayloads, sealReplies } from './store/sealed-texts.ts';
import { publishSigningKeys } from './store/signing-keys.ts';
import { createHousekeeping, createKeyRefresh } from './workers.ts';

const migrations = new URL('./migrations/', import.meta.url);

/** Verifiers' clocks may differ from ours by this much. */
const clockToleranceSeconds = 60;

interface RunningDeps extends UserDeps {
  readonly workers: readonly Worker[];
}

export const userService = createService({
  name: 'user',
  title: 'User service',
  description:
    'Registering and signing in, the keys of access tokens, profiles and address books, and what the staff may do with accounts.',
  settings: userSettings,
  routes: [...authRoutes, ...meRoutes, ...addressRoutes, ...userRoutes, ...internalRoutes],
  identityKeys: (settings) => settings.identity.internalKeys,
  migrations: { folder: migrations, groups: ['postgres'], settings: (settings) => settings.postgres },
  idempotency: ({ database, personalData }: RunningDeps) =>
    sealReplies(createPostgresIdempotencyStore(database), personalData),
  build: (platform) => buildDeps(platform),
  workers: ({ workers }) => workers,
  warmUp: async () => ['/.well-known/jwks.json'],
});

function buildDeps(platform: Platform<typeof userSettings>): RunningDeps {
  const { name, settings, logger, metrics, addCheck, onClose } = platform;
  const { registry } = metrics;
  const { tokens, registration, audit } = settings;
  const database = openDatabase(settings.postgres, {
    service: name,
    version: settings.process.version,
    logger,
    metrics,
  });
  onClose('postgres', () => database.close());
  addCheck({ name: 'postgres', isRequired: true, probe: () => database.ping() });
  addCheck(createSchemaCheck(database, migrations));
  const personalData = withReplaceableKeys(createPersonalData(settings.personalData.keys.current));
  addCheck(createKeysCheck({ database, personalData }));
  const { outbox, workers: outboxWorkers } = openOutbox('user', platform, database, sealPayloads(personalData));
  // Until the last token of a key has expired everywhere, and some replica surely told of it.
  const retentionSeconds = tokens.lifetimeSeconds + clockToleranceSeconds + Math.ceil((3 * tokens.keyRefreshMs) / 1000);
  const keys = createKeyRing(
    tokens.signingKeys,
    (own) => publishSigningKeys(database.primary, own, retentionSeconds),
    tokens.publishAheadMs,
  );
  const hashing = hashingConcurrency(settings.passwords.concurrency);
  const deps: UserDeps = {
    database,
    newId: uuidv7,
    outbox,
    passwords: createPasswordHasher({ ...settings.passwords, concurrency: hashing }, registry),
    signIns: createBoundedQueue({
      // While one is hashed, another one asks the database.
      concurrency: 2 * hashing,
      waiting: settings.passwords.waiting,
      refuse: tooManySignIns,
    }),
    personalData,
    keys,
    accessTokens: createAccessTokenIssuer(keys, tokens),
    digestAddress: createAddressDigest(settings.identity.internalKeys),
    sessions: settings.sessions,
    lockout: settings.lockout,
    isVerificationRequired: registration.verification === 'required',
    auditRetentionDays: audit.retentionDays,
  };
  const workers = [
    ...outboxWorkers,
    createKeyRefresh(deps, { logger, periodMs: tokens.keyRefreshMs }),
    createHousekeeping(deps, { logger, registry }),
    createKeyAdoption({ database, personalData, wanted: settings.personalData.keys }, { logger, registry }),
    createResealing(deps, { logger, registry, periodMs: settings.personalData.resealMs }),
  ];
  return { ...deps, workers };
}
