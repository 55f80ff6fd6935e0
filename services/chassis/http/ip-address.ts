/** Addresses in one form each, and what of an address stands for one customer. */
import { isIP } from 'node:net';

/**
 * The address without port and zone, in the one form that equal addresses share: IPv4 also when it is written as an IPv6
 * address (`::ffff:10.0.0.1`), IPv6 in lower case and as short as it gets. Undefined when it is none.
 */
export function normalizeAddress(text: string): string | undefined {
  const bare = withoutPort(text);
  switch (isIP(bare)) {
    case 4:
      return bare;
    case 6:
      return normalizeIpv6(bare);
    default:
      return undefined;
  }
}

/** Some proxies write `203.0.113.9:4711` or `[2001:db8::1]:4711`. */
function withoutPort(text: string): string {
  return /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(text)?.[1] ?? text;
}

function normalizeIpv6(address: string): string {
  const [withoutZone = ''] = address.split('%', 1);
  const groups = expand(withoutZone);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped)
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  // The WHATWG serializer writes RFC 5952's form.
  return new URL(`http://[${withoutZone}]`).hostname.slice(1, -1);
}

/** The eight numbers of an IPv6 address. */
function expand(address: string): readonly number[] {
  const { hostname } = new URL(`http://[${address}]`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const toGroups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return toGroups(head);
  const [left, right] = [toGroups(head), toGroups(tail)];
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

/**
 * What rates are counted by: an IPv4 address, or the /64 network of an IPv6 one. A connection is given a /64 at least
 * (RFC 6177), and may use any of its 2^64 addresses: counted one by one they would never run out.
 */
export function networkOf(address: string): string {
  // One with a zone is of the own link: nobody has a network there.
  if (isIP(address) !== 6 || !URL.canParse(`http://[${address}]`)) return address;
  const groups = expand(address);
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}
