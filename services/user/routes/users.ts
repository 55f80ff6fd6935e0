/** `/api/v1/users`: the staff's view of accounts. */
import { decodeCursor, encodeCursor } from '#chassis/http/cursor.ts';
import { parseIfMatch, toETag } from '#chassis/http/replies.ts';
import type { Input, Route } from '#chassis/http/route.ts';
import { ProblemError } from '#chassis/problem.ts';
import type { Role } from '#contracts/identity.ts';
import type { UserDeps } from '../deps.ts';
import { emailKey } from '../domain/email.ts';
import { readAccount } from '../store/accounts.ts';
import { listAccounts } from '../store/list-accounts.ts';
import { type Actor, changeLock, changeRoles } from '../use-cases/manage-account.ts';
import { privateHeaders, route, toReply } from './deps.ts';
import { accountPageSchema, accountSchema, idParams, listAccountsQuery, rolesSchema } from './schemas.ts';

const tag = 'users';
const readers: readonly [Role, ...Role[]] = ['admin', 'support'];
const admins: readonly [Role, ...Role[]] = ['admin'];
const etagHeader = { etag: 'Version of the account; send it as `If-Match` to change it.' };

const list = route(
  {
    operationId: 'listUsers',
    method: 'GET',
    path: '/api/v1/users',
    summary: 'List accounts, page by page',
    description: 'The newest first; erased ones are not in it.',
    tag,
    access: readers,
    query: listAccountsQuery,
    responses: { 200: { description: 'A page.', schema: accountPageSchema } },
    problems: ['invalid-cursor'],
  },
  async ({ query: { limit, cursor, email, role, status } }, { database, personalData }) => {
    const filter = { emailKey: email === undefined ? undefined : emailKey(email), role, status };
    const [, after] = cursor === undefined ? [] : decodeCursor(filter, cursor, 'text');
    // One row more than the page tells whether there is a next one.
    const rows = await listAccounts(database.primary, personalData, { filter, after, limit: limit + 1 });
    const items = rows.slice(0, limit);
    const last = rows.length > limit ? items.at(-1) : undefined;
    const nextCursor = last === undefined ? null : encodeCursor(filter, ['', last.id]);
    return { status: 200, body: { items, nextCursor }, headers: privateHeaders };
  },
);

const read = route(
  {
    operationId: 'getUser',
    method: 'GET',
    path: '/api/v1/users/{id}',
    summary: 'Read an account',
    tag,
    access: readers,
    params: idParams,
    responses: { 200: { description: 'The account.', schema: accountSchema, headers: etagHeader } },
    problems: ['not-found'],
  },
  async ({ params: { id } }, { database, personalData }) => {
    const account = await readAccount(database.primary, personalData, id);
    if (account === undefined) throw new ProblemError('not-found', `there is no user ${id}`);
    return { status: 200, body: account, headers: { ...privateHeaders, etag: toETag(account.version) } };
  },
);

const setRoles = route(
  {
    operationId: 'setUserRoles',
    method: 'PUT',
    path: '/api/v1/users/{id}/roles',
    summary: 'Set the roles of an account',
    description: 'They are in the access tokens that the account gets from then on.',
    tag,
    access: admins,
    params: idParams,
    body: { schema: rolesSchema, description: 'All roles of the account.' },
    precondition: 'if-match',
    responses: { 200: { description: 'Set.', schema: accountSchema, headers: etagHeader } },
    problems: ['not-found', 'own-account'],
  },
  async (input, deps) => {
    const target = { id: input.params.id, version: parseIfMatch(input.ifMatch) };
    return toReply(await changeRoles(deps, target, input.body.roles, actorOf(input)));
  },
);

const lock = route(
  {
    operationId: 'lockUser',
    method: 'POST',
    path: '/api/v1/users/{id}/lock',
    summary: 'Lock an account',
    description: 'Its sessions end, and it cannot sign in until it is unlocked.',
    tag,
    access: admins,
    params: idParams,
    responses: { 200: { description: 'Locked.', schema: accountSchema, headers: etagHeader } },
    problems: ['not-found', 'own-account'],
  },
  async (input, deps) => toReply(await changeLock(deps, input.params.id, 'locked', actorOf(input))),
);

const unlock = route(
  {
    operationId: 'unlockUser',
    method: 'POST',
    path: '/api/v1/users/{id}/unlock',
    summary: 'Unlock an account',
    tag,
    access: admins,
    params: idParams,
    responses: { 200: { description: 'Unlocked.', schema: accountSchema, headers: etagHeader } },
    problems: ['not-found', 'own-account'],
  },
  async (input, deps) => toReply(await changeLock(deps, input.params.id, 'active', actorOf(input))),
);

export const userRoutes: readonly Route<UserDeps>[] = [list, read, setRoles, lock, unlock];

function actorOf({ identity, client }: Pick<Input<unknown, unknown, unknown>, 'identity' | 'client'>): Actor {
  return { subject: identity?.subject ?? '', client };
}
