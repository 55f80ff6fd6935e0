/**
 * The internal identity: a short-lived JSON Web Token (HS256) with which the gateway tells services who calls.
 *
 * Written by hand because it is on the path of every request: signing and checking cost a few microseconds here, ten
 * times as much through a general library. There is nothing general left: one algorithm, one fixed header.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Identity, isRole } from '#contracts/identity.ts';
import { derive, type Live } from '../config/live.ts';

/** Seconds from signing to expiry: longer than any request, short enough that a leaked token is of little use. */
export const internalIdentityLifetimeSeconds = 60;

/** Clocks of two machines may differ by this much. */
const clockSkewSeconds = 5;

const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');

/** A token is used again for this long, milliseconds: what is left of its life is longer than any request. */
const reuseMs = 10_000;

/** Mints with the first of `keys`; a token for the same identity object, whose maker remembers it, is signed once in ten seconds. */
export function createIdentityMinter(keys: Live<readonly string[]>): (identity: Identity, nowMs: number) => string {
  const minted = derive(keys, () => new WeakMap<Identity, { readonly token: string; readonly at: number }>());
  return (identity, nowMs) => {
    const known = minted.current.get(identity);
    if (known !== undefined && Math.abs(nowMs - known.at) < reuseMs) return known.token;
    const token = mintInternalIdentity(identity, keys.current, nowMs);
    minted.current.set(identity, { token, at: nowMs });
    return token;
  };
}

/** A token for `identity`, signed with the first of `keys`. */
export function mintInternalIdentity(identity: Identity, keys: readonly string[], nowMs: number): string {
  const [key] = keys;
  if (key === undefined) throw new Error('no key to sign the internal identity with');
  const issuedAt = Math.floor(nowMs / 1000);
  const claims = {
    sub: identity.subject,
    roles: identity.roles,
    iat: issuedAt,
    exp: issuedAt + internalIdentityLifetimeSeconds,
  };
  const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return `${signed}.${sign(signed, key).toString('base64url')}`;
}

/** The identity in a token that one of `keys` signed and that is not expired; otherwise nothing. */
export function verifyInternalIdentity(token: string, keys: readonly string[], nowMs: number): Identity | undefined {
  const signed = readSigned(token, keys);
  return signed !== undefined && isCurrent(signed, nowMs) ? signed.identity : undefined;
}

/** Tokens that are remembered; beyond it the one that came first is verified anew. */
const remembered = 1000;

/**
 * Verifies like `verifyInternalIdentity`, and remembers whose signature was right, as long as the keys are the same: callers send a
 * token several times.
 */
export function createIdentityVerifier(
  keys: Live<readonly string[]>,
): (token: string, nowMs: number) => Identity | undefined {
  const remembering = derive(keys, () => new Map<string, Signed>());
  return (token, nowMs) => {
    const known = remembering.current;
    const signed = known.get(token) ?? readSigned(token, keys.current);
    if (signed === undefined || !isCurrent(signed, nowMs)) {
      known.delete(token);
      return undefined;
    }
    known.set(token, signed);
    const [first = token] = known.keys();
    if (known.size > remembered) known.delete(first);
    return signed.identity;
  };
}

/** What is in a token whose signature is right. */
interface Signed {
  readonly identity: Identity;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

function isCurrent({ issuedAt, expiresAt }: Signed, nowMs: number): boolean {
  const now = nowMs / 1000;
  return expiresAt + clockSkewSeconds > now && issuedAt - clockSkewSeconds < now;
}

function readSigned(token: string, keys: readonly string[]): Signed | undefined {
  const end = token.lastIndexOf('.');
  const signed = token.slice(0, Math.max(0, end));
  // The header is compared as a whole: no other algorithm can be asked for.
  if (!signed.startsWith(`${header}.`)) return undefined;
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  if (!keys.some((key) => isEqual(sign(signed, key), signature))) return undefined;
  return readClaims(signed.slice(header.length + 1));
}

function sign(text: string, key: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function isEqual(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

function readClaims(payload: string): Signed | undefined {
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  if (typeof claims !== 'object' || claims === null) return undefined;
  const { sub, roles, exp, iat } = claims as Record<string, unknown>; // an object of unknown members
  if (typeof exp !== 'number' || typeof iat !== 'number' || typeof sub !== 'string' || !Array.isArray(roles))
    return undefined;
  return { identity: { subject: sub, roles: roles.filter(isRole) }, issuedAt: iat, expiresAt: exp };
}
