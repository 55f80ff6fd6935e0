/** Network addresses for comparing, not for reading. */
import { createHmac, hkdfSync } from 'node:crypto';
import { derive, type Live } from '#chassis/config/live.ts';

export type DigestAddress = (address: string) => string;

/**
 * A keyed digest: all four billion IPv4 addresses are hashed in a minute, so without a key a digest hides nothing. The
 * key is derived from the first of the internal ones; when that changes, older digests no longer compare, which is all
 * they are for.
 */
export function createAddressDigest(internalKeys: Live<readonly string[]>): DigestAddress {
  const key = derive(internalKeys, ([secret = '']) =>
    Buffer.from(hkdfSync('sha256', secret, '', 'digest of network addresses', 32)),
  );
  return (address) => createHmac('sha256', key.current).update(address).digest('base64url').slice(0, 22);
}
