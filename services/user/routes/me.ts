/** `/api/v1/me`: the caller's own account and sessions. */
import { noContent, parseIfMatch, toETag } from '#chassis/http/replies.ts';
import type { Route } from '#chassis/http/route.ts';
import { ProblemError } from '#chassis/problem.ts';
import type { UserDeps } from '../deps.ts';
import { readAccount } from '../store/accounts.ts';
import { listSessions } from '../store/sessions.ts';
import { changePassword } from '../use-cases/change-password.ts';
import { changeProfile, closeSession, closeSessions, erase, exportOwnData } from '../use-cases/manage-account.ts';
import { callerId, privateHeaders, route, toReply, unwrap } from './deps.ts';
import {
  accountSchema,
  changePasswordSchema,
  exportSchema,
  idParams,
  profilePatchSchema,
  sessionListSchema,
} from './schemas.ts';

const tag = 'account';
const access = 'authenticated';
const etagHeader = { etag: 'Version of the account; send it as `If-Match` to change it.' };

const read = route(
  {
    operationId: 'getMe',
    method: 'GET',
    path: '/api/v1/me',
    summary: 'Read the own account',
    tag,
    access,
    responses: { 200: { description: 'The account.', schema: accountSchema, headers: etagHeader } },
    problems: ['not-found'],
  },
  async (input, { database, personalData }) => {
    const id = callerId(input);
    const account = await readAccount(database.primary, personalData, id);
    if (account === undefined) throw new ProblemError('not-found', `there is no user ${id}`);
    return { status: 200, body: account, headers: { ...privateHeaders, etag: toETag(account.version) } };
  },
);

const change = route(
  {
    operationId: 'updateMe',
    method: 'PATCH',
    path: '/api/v1/me',
    summary: 'Change the own profile',
    tag,
    access,
    body: {
      schema: profilePatchSchema,
      description: 'The fields to change.',
      mediaTypes: ['application/merge-patch+json'],
    },
    precondition: 'if-match',
    responses: { 200: { description: 'Changed.', schema: accountSchema, headers: etagHeader } },
    problems: ['not-found'],
  },
  async (input, deps) => {
    const target = { id: callerId(input), version: parseIfMatch(input.ifMatch) };
    return toReply(await changeProfile(deps, target, input.body));
  },
);

const eraseRoute = route(
  {
    operationId: 'deleteMe',
    method: 'DELETE',
    path: '/api/v1/me',
    summary: 'Erase the own account',
    description:
      'Everything about the person is removed and all sessions end; orders stay, without the person. It cannot be taken back.',
    tag,
    access,
    precondition: 'if-match',
    responses: { 204: { description: 'Erased.' } },
    problems: ['not-found'],
  },
  async (input, deps) => {
    unwrap(await erase(deps, { id: callerId(input), version: parseIfMatch(input.ifMatch) }));
    return noContent();
  },
);

const exportRoute = route(
  {
    operationId: 'exportMe',
    method: 'GET',
    path: '/api/v1/me/export',
    summary: 'Export everything that is kept about the caller',
    tag,
    access,
    responses: { 200: { description: 'Account, addresses, sessions and activity.', schema: exportSchema } },
    problems: ['not-found'],
  },
  async (input, deps) => {
    const json = await exportOwnData(deps, callerId(input), input.client);
    const disposition = { 'content-disposition': 'attachment; filename="account.json"' };
    return { status: 200, json, headers: { ...privateHeaders, ...disposition } };
  },
);

const password = route(
  {
    operationId: 'changePassword',
    method: 'POST',
    path: '/api/v1/me/password',
    summary: 'Change the own password',
    description: 'All sessions end. Wrong present passwords count as failed sign-ins.',
    tag,
    access,
    body: { schema: changePasswordSchema, description: 'The present and the new password.', limitBytes: 8192 },
    responses: { 204: { description: 'Changed; sign in again.' } },
    problems: ['not-found', 'wrong-password', 'sign-in-locked', 'too-many-sign-ins'],
  },
  async (input, deps) => {
    await changePassword(deps, callerId(input), input.body, input.client);
    return noContent();
  },
);

const sessions = route(
  {
    operationId: 'listSessions',
    method: 'GET',
    path: '/api/v1/me/sessions',
    summary: 'List the own sessions',
    description: 'The newest 100 that go on.',
    tag,
    access,
    responses: { 200: { description: 'The sessions.', schema: sessionListSchema } },
    problems: ['not-found'],
  },
  async (input, { database }) => {
    const items = await listSessions(database.primary, callerId(input));
    return { status: 200, body: { items }, headers: privateHeaders };
  },
);

const endOne = route(
  {
    operationId: 'endSession',
    method: 'DELETE',
    path: '/api/v1/me/sessions/{id}',
    summary: 'End one of the own sessions',
    tag,
    access,
    params: idParams,
    responses: { 204: { description: 'Ended.' } },
    problems: ['not-found'],
  },
  async (input, deps) => {
    await closeSession(deps, callerId(input), input.params.id, input.client);
    return noContent();
  },
);

const endAll = route(
  {
    operationId: 'endSessions',
    method: 'DELETE',
    path: '/api/v1/me/sessions',
    summary: 'Sign out everywhere',
    tag,
    access,
    responses: { 204: { description: 'Ended.' } },
    problems: ['not-found'],
  },
  async (input, deps) => {
    await closeSessions(deps, callerId(input), input.client);
    return noContent();
  },
);

export const meRoutes: readonly Route<UserDeps>[] = [
  read,
  change,
  eraseRoute,
  exportRoute,
  password,
  sessions,
  endOne,
  endAll,
];
