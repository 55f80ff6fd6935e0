/** What this service works with. */
import type { Outbox } from '#chassis/outbox/outbox.ts';
import type { Database } from '#chassis/postgres/database.ts';
import type { AccessTokenIssuer } from './secrets/access-tokens.ts';
import type { DigestAddress } from './secrets/address-digest.ts';
import type { BoundedQueue } from './secrets/bounded-queue.ts';
import type { KeyRing } from './secrets/key-ring.ts';
import type { PasswordHasher } from './secrets/password-hasher.ts';
import type { PersonalData } from './secrets/personal-data.ts';
import type { SessionLimits } from './store/sessions.ts';
import type { LockoutSettings } from './store/sign-in-attempts.ts';

export interface UserDeps {
  readonly database: Database;
  /** A new identifier. */
  readonly newId: () => string;
  readonly outbox: Outbox;
  readonly passwords: PasswordHasher;
  /** Sign-ins that are looked at; others wait here, where they hold no connection of the database that somebody else needs. */
  readonly signIns: BoundedQueue;
  readonly personalData: PersonalData;
  readonly keys: KeyRing;
  readonly accessTokens: AccessTokenIssuer;
  readonly digestAddress: DigestAddress;
  readonly sessions: SessionLimits;
  readonly lockout: LockoutSettings;
  /** Whether an account begins with the link that is sent to its address. */
  readonly isVerificationRequired: boolean;
  readonly auditRetentionDays: number;
}
