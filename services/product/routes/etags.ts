/** Entity tags of products: the version, and where it is not 0 the revision of what is shown besides (`"v7.2"`). */
import { parseIfMatch, toETag } from '#chassis/http/replies.ts';
import type { KnownVersion } from '../store/read-products.ts';

/** The tag of a product as it is shown. */
export function productETag({ version, revision }: KnownVersion): string {
  return revision === 0 ? toETag(version) : `"v${version}.${revision}"`;
}

/** The version that `If-Match` names. A change does not depend on what is shown besides. */
export function parseProductIfMatch(ifMatch: string): number | 'any' {
  return parseIfMatch(ifMatch.trim().replace(/^"v(\d{1,9})\.\d{1,9}"$/, '"v$1"'));
}

/** What a single tag of `If-None-Match` names; a list of tags is compared after reading. */
export function parseKnownVersion(ifNoneMatch: string | undefined): KnownVersion | undefined {
  const match = /^(?:W\/)?"v(\d{1,9})(?:\.(\d{1,9}))?"$/.exec(ifNoneMatch ?? '');
  return match === null ? undefined : { version: Number(match[1]), revision: Number(match[2] ?? 0) };
}
