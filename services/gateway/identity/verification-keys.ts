/** The keys that access tokens are verified with: those of the user service, and beside them the configured ones. */
import { createLocalJWKSet, type JWTVerifyGetKey } from 'jose';
import { derive, type Live } from '#chassis/config/live.ts';
import { describeSigningKey } from '#contracts/signing-keys.ts';
import type { PublicKeySet } from '../settings.ts';

export interface VerificationKeys {
  /** What a token with this key id may be signed with: one key, or none. */
  candidates(keyId: string): readonly JWTVerifyGetKey[];
  readonly count: number;
  /** Since the newest keys came, milliseconds; infinite before. */
  ageMs(): number;
  /** Asks for the keys; rejects when there is no answer, and those at hand stay. One question at a time, whoever asks. */
  renew(): Promise<void>;
  /** The same for a key id that nobody knows, which anybody can make up: not more often than every few seconds, and never rejects. */
  renewForUnknown(): Promise<void>;
}

export interface VerificationKeySource {
  /** Stay, whatever the user service says: the shop goes on verifying when it has never answered. */
  readonly configured: Live<PublicKeySet | undefined>;
  /** Asks the user service; absent where there is none. */
  readonly load: (() => Promise<PublicKeySet>) | undefined;
  /** Milliseconds of a clock that only moves forward. */
  readonly now: () => number;
  /** A key is gone: what was verified with it must be verified anew. */
  readonly onKeyGone: () => void;
}

/** A key is published ten minutes before it signs: a token with an unknown one is nearly always made up. */
const unknownPauseMs = 5000;

interface KnownKey {
  readonly id: string;
  readonly key: JWTVerifyGetKey;
}

export function createVerificationKeys({ configured, load, now, onKeyGone }: VerificationKeySource): VerificationKeys {
  const own = derive(configured, toKnownKeys);
  let told: readonly KnownKey[] = [];
  const present = (): readonly KnownKey[] => [
    ...told,
    ...own.current.filter(({ id }) => !told.some((one) => one.id === id)),
  ];
  let before = present();
  let learnedAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;

  const ask = async (source: () => Promise<PublicKeySet>): Promise<void> => {
    told = toKnownKeys(await source());
    learnedAt = now();
    const keys = present();
    if (before.some(({ id }) => !keys.some((one) => one.id === id))) onKeyGone();
    before = keys;
  };
  const renew = async (): Promise<void> => {
    if (load === undefined) return;
    if (asking === undefined) {
      askedAt = now();
      asking = ask(load).finally(() => {
        asking = undefined;
      });
    }
    return asking;
  };

  return {
    candidates: (keyId) =>
      present()
        .filter(({ id }) => id === keyId)
        .map(({ key }) => key),
    get count() {
      return present().length;
    },
    ageMs: () => now() - learnedAt,
    renew,
    renewForUnknown: async () => {
      if (asking === undefined && now() - askedAt < unknownPauseMs) return;
      // Who presented the token learns that it is not valid; that the keys could not be had is told by the regular look.
      await renew().catch(() => undefined);
    },
  };
}

/** A key that was configured without an id has the one that follows from it, as where it signs. */
function toKnownKeys(set: PublicKeySet | undefined): readonly KnownKey[] {
  return (set?.keys ?? []).map(({ n, e, kid }) => {
    const described = describeSigningKey({ n, e });
    const id = kid ?? described.kid;
    return { id, key: createLocalJWKSet({ keys: [{ ...described, kid: id }] }) };
  });
}
