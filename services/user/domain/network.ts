/** What of a network address stands for one customer. */

/**
 * An IPv4 address as it is, of an IPv6 one the /64: a connection is given that much at least (RFC 6177), and may use any of its
 * addresses. Counted one by one they would never run out.
 */
export function networkOf(address: string): string {
  if (!address.includes(':') || !URL.canParse(`http://[${address}]`)) return address;
  // The serializer of URLs writes RFC 5952's form, in which equal addresses are equal.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}
