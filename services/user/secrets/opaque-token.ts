/** Random tokens that mean nothing by themselves: what is stored is their digest. */
import { createHash, randomBytes } from 'node:crypto';

/** 256 bits: cannot be guessed, so a plain digest of it needs neither salt nor a slow function. */
const tokenBytes = 32;

export interface OpaqueToken {
  /** Given to the caller once, and never stored. */
  readonly text: string;
  readonly digest: Buffer;
}

export function createOpaqueToken(): OpaqueToken {
  const text = randomBytes(tokenBytes).toString('base64url');
  return { text, digest: digestToken(text) };
}

/** What a token is looked up by. */
export function digestToken(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** What a token looks like; anything else is not one of ours. */
export const opaqueTokenPattern = /^[A-Za-z0-9_-]{43}$/;
