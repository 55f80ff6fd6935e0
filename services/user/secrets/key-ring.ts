/** The keys of access tokens over their life: published before they sign, and until their last token has expired. */
import { derive, type Live } from '#chassis/config/live.ts';
import type { PublicSigningKey } from '#contracts/signing-keys.ts';
import { chooseSigningKey } from '../domain/signing-key-choice.ts';
import type { SigningKey } from './signing-keys.ts';

/** A key that some replica has, or had when tokens that are still valid were signed. */
export interface PublishedKey {
  readonly publicKey: PublicSigningKey;
  readonly publishedForMs: number;
}

export interface KeyRing {
  /** Publishes the own keys and learns those of the other replicas. */
  refresh(): Promise<void>;
  /** The key to sign with now. */
  signer(): Promise<SigningKey>;
  /** What tokens can be verified with. */
  published(): readonly PublicSigningKey[];
}

/**
 * `publish` tells all replicas of the own keys and answers with everybody's. It is asked again and again: a new replica may
 * sign with a key only after the others have published it as well, and which ones do is known only in common. So are own keys
 * that have changed before one of them signs.
 */
export function createKeyRing(
  own: Live<readonly SigningKey[]>,
  publish: (keys: readonly PublicSigningKey[]) => Promise<readonly PublishedKey[]>,
  publishAheadMs: number,
): KeyRing {
  const ownPublic = derive(own, (keys) => keys.map(({ publicKey }) => publicKey));
  let toldOf: readonly PublicSigningKey[] | undefined;
  let known: readonly PublishedKey[] | undefined;
  let learnedAt = 0;
  const refresh = async (): Promise<void> => {
    const keys = ownPublic.current;
    known = await publish(keys);
    toldOf = keys;
    learnedAt = performance.now();
  };
  return {
    refresh,
    signer: async () => {
      if (toldOf !== ownPublic.current) await refresh();
      const sinceMs = performance.now() - learnedAt;
      const candidates = ownPublic.current.map(({ kid }) => {
        const published = known?.find(({ publicKey }) => publicKey.kid === kid);
        return { kid, publishedForMs: published === undefined ? 0 : published.publishedForMs + sinceMs };
      });
      const chosen = chooseSigningKey(candidates, publishAheadMs);
      const key = own.current.find(({ publicKey }) => publicKey.kid === chosen?.kid);
      if (key === undefined) throw new Error('there is no key to sign access tokens with');
      return key;
    },
    published: () => {
      const others = (known ?? []).map(({ publicKey }) => publicKey).filter(({ kid }) => !isIn(ownPublic.current, kid));
      return [...ownPublic.current, ...others];
    },
  };
}

function isIn(keys: readonly PublicSigningKey[], kid: string): boolean {
  return keys.some((key) => key.kid === kid);
}
