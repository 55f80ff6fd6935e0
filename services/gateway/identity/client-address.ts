/** Who is at the other end, through the proxies that we trust. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { normalizeAddress } from './ip-address.ts';

export interface ClientAddresses {
  /** Address of the caller, in its normal form (`ip-address.ts`). */
  addressOf(request: IncomingMessage): string;
  /** `https` when a trusted proxy says so; our own server speaks http. */
  protocolOf(request: IncomingMessage): 'http' | 'https';
}

export interface TrustedProxies {
  /** How many proxies are before us: as many entries of `X-Forwarded-For` can be theirs, from the right. */
  readonly hops: number;
  /** Networks in CIDR form in which they are; throws when one is not. */
  readonly networks: readonly string[];
}

/**
 * Both must hold for an entry to be believed: it was written by a proxy in one of `networks`, and by one of the `hops`
 * nearest to us. The networks alone are not enough: a customer in a private network, which is every customer of a shop in a
 * company and every pod of a cluster, looks like one more proxy, and could have written the entries before its own.
 */
export function createClientAddresses({ hops, networks }: TrustedProxies): ClientAddresses {
  const trusted = new BlockList();
  for (const network of networks) {
    const [address = '', prefix = ''] = network.split('/');
    trusted.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  const isTrusted = (address: string): boolean => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return {
    addressOf: (request) => {
      let address = peerOf(request);
      const entries = String(request.headers['x-forwarded-for'] ?? '').split(',');
      for (let hop = 0; hop < hops && isTrusted(address); hop += 1) {
        const next = normalizeAddress((entries.pop() ?? '').trim());
        if (next === undefined) break;
        address = next;
      }
      return address;
    },
    protocolOf: (request) => {
      const isSecure = request.headers['x-forwarded-proto'] === 'https' && hops > 0 && isTrusted(peerOf(request));
      return isSecure ? 'https' : 'http';
    },
  };
}

function peerOf({ socket }: IncomingMessage): string {
  const address = socket.remoteAddress ?? '';
  return normalizeAddress(address) ?? address;
}
