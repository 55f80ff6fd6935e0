/** What the handlers of this service share. */

import { toETag } from '#chassis/http/replies.ts';
import { type Input, type Reply, routesWith } from '#chassis/http/route.ts';
import { ProblemError, refused } from '#chassis/problem.ts';
import type { UserDeps } from '../deps.ts';
import type { Change } from '../store/results.ts';

export const route = routesWith<UserDeps>();

/** Nothing here may be kept by anybody between. */
export const privateHeaders = { 'cache-control': 'private, no-store' } as const;

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The account of the caller. Who is signed in by another way than an account (a service, an administrator's tool) has none. */
export function callerId({ identity }: Pick<Input<unknown, unknown, unknown>, 'identity'>): string {
  const subject = identity?.subject ?? '';
  if (!uuidPattern.test(subject)) throw new ProblemError('not-found', 'the caller has no account in this shop');
  return subject;
}

/** The changed resource with its version, or the problem that stands for the refusal. */
export function toReply<T extends { readonly version: number }>(
  result: Change<T>,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const value = unwrap(result);
  return { status, body: value, headers: { ...privateHeaders, etag: toETag(value.version), ...headers } };
}

/** What a change gave; throws the problem that stands for its refusal. */
export function unwrap<T>(result: Change<T>): T {
  if (result.state === 'refused') throw refused(result.refusal);
  return result.value;
}
