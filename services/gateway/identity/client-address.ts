/** Who is at the other end, through the proxies that we trust. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, type Socket } from 'node:net';
import { normalizeAddress } from '#chassis/http/ip-address.ts';

export interface ClientAddresses {
  clientOf(request: IncomingMessage): Client;
}

export interface Client {
  /** In its normal form (`ip-address.ts`). */
  readonly address: string;
  /** `https` when a trusted proxy says so; our own server speaks http. */
  readonly protocol: 'http' | 'https';
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
  /** Of a connection, which carries many requests. */
  const peers = new WeakMap<Socket, Peer>();
  const peerOf = (socket: Socket): Peer => {
    const known = peers.get(socket);
    if (known !== undefined) return known;
    const address = normalizeAddress(socket.remoteAddress ?? '') ?? socket.remoteAddress ?? '';
    const peer = { address, isTrusted: hops > 0 && isTrusted(address) };
    peers.set(socket, peer);
    return peer;
  };
  /** The entry of `X-Forwarded-For` that the outermost trusted proxy wrote. */
  const callerBehind = (peer: Peer, forwardedFor: string): string => {
    const entries = forwardedFor.split(',');
    let { address } = peer;
    for (let hop = 0; hop < hops && (hop === 0 || isTrusted(address)); hop += 1) {
      const next = normalizeAddress((entries.pop() ?? '').trim());
      if (next === undefined) break;
      address = next;
    }
    return address;
  };
  return {
    clientOf: ({ headers, socket }) => {
      const peer = peerOf(socket);
      if (!peer.isTrusted) return { address: peer.address, protocol: 'http' };
      return {
        address: callerBehind(peer, String(headers['x-forwarded-for'] ?? '')),
        protocol: headers['x-forwarded-proto'] === 'https' ? 'https' : 'http',
      };
    },
  };
}

interface Peer {
  readonly address: string;
  /** Whether it is a proxy whose word is believed. */
  readonly isTrusted: boolean;
}
