/** Replies that handlers give, and the HTTP rules of versions. */
import { ProblemError } from '../problem.ts';
import type { Reply } from './route.ts';

/** `"v7"`: the entity tag of version 7. */
export function toETag(version: number): string {
  return `"v${version}"`;
}

/**
 * The version that `If-Match` names, or `any` for `*`. A list or a weak tag can name none of our versions:
 * `precondition-failed`.
 */
export function parseIfMatch(ifMatch: string): number | 'any' {
  if (ifMatch.trim() === '*') return 'any';
  const match = /^"v(\d{1,9})"$/.exec(ifMatch.trim());
  if (match === null)
    throw new ProblemError('precondition-failed', `If-Match is ${ifMatch}; send the ETag of the version you read`);
  return Number(match[1]);
}

/** True when `If-None-Match` names this tag: weak comparison, as RFC 9110 §13.1.2 asks. */
export function matchesETag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}

/** 304: the caller has this version. Headers are those that the 200 would have. */
export function notModified(headers: Readonly<Record<string, string>>): Reply {
  return { status: 304, headers };
}

/** 204. */
export function noContent(): Reply {
  return { status: 204 };
}
