/** Who is at the other end, through the proxies that we trust. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

export interface ClientAddresses {
  /** Address of the caller: the last one in `X-Forwarded-For` that no trusted proxy has. */
  addressOf(request: IncomingMessage): string;
  /** `https` when a trusted proxy says so; our own server speaks http. */
  protocolOf(request: IncomingMessage): 'http' | 'https';
}

/** `networks` in CIDR form; throws when one is not. */
export function createClientAddresses(networks: readonly string[]): ClientAddresses {
  const trusted = new BlockList();
  for (const network of networks) {
    const [address = '', prefix = ''] = network.split('/');
    trusted.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  const isTrusted = (address: string): boolean => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return {
    addressOf: (request) => {
      const peer = plain(request.socket.remoteAddress ?? '');
      const forwarded = request.headers['x-forwarded-for'];
      if (forwarded === undefined || !isTrusted(peer)) return peer;
      return lastUntrusted(String(forwarded), isTrusted) ?? peer;
    },
    protocolOf: (request) => {
      const isSecure =
        request.headers['x-forwarded-proto'] === 'https' && isTrusted(plain(request.socket.remoteAddress ?? ''));
      return isSecure ? 'https' : 'http';
    },
  };
}

/** From the right, because everything left of the first untrusted address was written by that stranger. */
function lastUntrusted(forwarded: string, isTrusted: (address: string) => boolean): string | undefined {
  let nearest: string | undefined;
  for (const entry of forwarded.split(',').toReversed()) {
    const address = plain(entry.trim());
    if (isIP(address) === 0) return nearest;
    nearest = address;
    if (!isTrusted(address)) return address;
  }
  return nearest;
}

/** `::ffff:10.0.0.1` is 10.0.0.1. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}
