/**
 * Every error that a client of the shop can see: RFC 9457 problem types with stable codes.
 *
 * The catalogue is data: responses, OpenAPI documents, the gateway's `/problems` pages and docs/reference/problems.md are
 * made from it. A code is never renamed or given another status; a new meaning is a new code.
 */

import { accountProblems } from './problems/accounts.ts';
import { cartProblems } from './problems/carts.ts';
import { catalogueProblems } from './problems/catalogue.ts';
import { generalProblems } from './problems/general.ts';
import { searchProblems } from './problems/search.ts';
import { stockProblems } from './problems/stock.ts';

export const problemTypes = {
  ...generalProblems,
  ...accountProblems,
  ...catalogueProblems,
  ...cartProblems,
  ...stockProblems,
  ...searchProblems,
} as const;

/** Stable name of a problem; the last part of its `type` URL. */
export type ProblemCode = keyof typeof problemTypes;

/** All codes, by status. */
export const problemCodes: readonly ProblemCode[] = Object.keys(problemTypes)
  .filter(isProblemCode)
  .toSorted((a, b) => problemTypes[a].status - problemTypes[b].status);

const typeBase = 'https://ecommerce.stack/problems/';

/** The `type` member: an identifier first; the gateway answers the same path with the description. */
export function problemTypeUrl(code: ProblemCode): string {
  return `${typeBase}${code}`;
}

/** True for a name in the catalogue. */
export function isProblemCode(name: string): name is ProblemCode {
  return Object.hasOwn(problemTypes, name);
}

/** One field or parameter that breaks a rule. */
export interface ProblemEntry {
  /** JSON pointer into the body as a URI fragment, e.g. `#/prices/0/amountMinor`. */
  readonly pointer?: string;
  /** Name of a path, query or header parameter. */
  readonly parameter?: string;
  /** What is wrong and what is allowed. */
  readonly detail: string;
}

/** The body of an error response, media type `application/problem+json`. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  /** About this occurrence; never the cause of a defect on our side. */
  readonly detail?: string;
  /** `urn:request:<request id>`: what support and logs search for. */
  readonly instance?: string;
  readonly errors?: readonly ProblemEntry[];
}

/** An expected refusal of a domain rule: which problem it is, and the fields at fault. */
export interface Refusal {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly ProblemEntry[];
}
