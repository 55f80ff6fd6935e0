/** `/api/v1/auth`, registering, and the public keys. */
import { noContent } from '#chassis/http/replies.ts';
import type { Reply, Route } from '#chassis/http/route.ts';
import type { UserDeps } from '../deps.ts';
import { requestReset, resetPassword } from '../use-cases/change-password.ts';
import { register, resendVerification, verifyEmail } from '../use-cases/register.ts';
import { refreshTokens, signIn, signOut, type TokenSet } from '../use-cases/sign-in.ts';
import { privateHeaders, route } from './deps.ts';
import {
  emailSchema,
  keySetSchema,
  linkSchema,
  refreshSchema,
  registrationSchema,
  resetSchema,
  signInSchema,
  tokenSetSchema,
} from './schemas.ts';

const tag = 'sign-in';
/** Text that people type and a token: a hash of more would only cost time. */
const limitBytes = 8192;

const registerRoute = route(
  {
    operationId: 'register',
    method: 'POST',
    path: '/api/v1/users',
    summary: 'Register',
    description:
      'A link goes to the address, and the account begins when it is used. The answer is the same when the address has an account already; its owner is told.',
    tag,
    access: 'public',
    body: { schema: registrationSchema, description: 'Who registers.', limitBytes },
    responses: { 202: { description: 'Taken; what follows comes by mail.' } },
    problems: ['too-many-sign-ins'],
  },
  async ({ body, client }, deps) => {
    await register(deps, body, client);
    return accepted;
  },
);

const resend = route(
  {
    operationId: 'resendVerification',
    method: 'POST',
    path: '/api/v1/auth/resend-verification',
    summary: 'Send the link of a registration again',
    description: 'At most once a minute. The answer is always the same.',
    tag,
    access: 'public',
    body: { schema: emailSchema, description: 'The address that registered.', limitBytes },
    responses: { 202: { description: 'Taken.' } },
  },
  async ({ body, client }, deps) => {
    await resendVerification(deps, body.email, client);
    return accepted;
  },
);

const verify = route(
  {
    operationId: 'verifyEmail',
    method: 'POST',
    path: '/api/v1/auth/verify-email',
    summary: 'Use the link of a registration',
    description: 'The token is good for one use within 24 hours.',
    tag,
    access: 'public',
    body: { schema: linkSchema, description: 'The token of the link.', limitBytes },
    responses: { 204: { description: 'The account is there; sign in.' } },
    problems: ['one-time-token-invalid'],
  },
  async ({ body, client }, deps) => {
    await verifyEmail(deps, body.token, client);
    return noContent();
  },
);

const login = route(
  {
    operationId: 'login',
    method: 'POST',
    path: '/api/v1/auth/login',
    summary: 'Sign in',
    tag,
    access: 'public',
    body: { schema: signInSchema, description: 'Address and password.', limitBytes },
    responses: { 200: { description: 'Signed in.', schema: tokenSetSchema } },
    problems: ['invalid-credentials', 'account-locked', 'sign-in-locked', 'too-many-sign-ins'],
  },
  async ({ body, client }, deps) => tokens(await signIn(deps, body, client)),
);

const refresh = route(
  {
    operationId: 'refresh',
    method: 'POST',
    path: '/api/v1/auth/refresh',
    summary: 'Get new tokens',
    description:
      'The refresh token is used up by that; the answer has the next one. A token that comes a second time ends the session, because two have it then.',
    tag,
    access: 'public',
    body: { schema: refreshSchema, description: 'The refresh token.', limitBytes },
    responses: { 200: { description: 'New tokens.', schema: tokenSetSchema } },
    problems: ['invalid-refresh-token'],
  },
  async ({ body, client }, deps) => tokens(await refreshTokens(deps, body.refreshToken, client)),
);

const logout = route(
  {
    operationId: 'logout',
    method: 'POST',
    path: '/api/v1/auth/logout',
    summary: 'Sign out',
    description: 'Ends the session of the refresh token; its access tokens are refused within five seconds.',
    tag,
    access: 'public',
    body: { schema: refreshSchema, description: 'The refresh token.', limitBytes },
    responses: { 204: { description: 'Signed out, also if it was so before.' } },
  },
  async ({ body, client }, deps) => {
    await signOut(deps, body.refreshToken, client);
    return noContent();
  },
);

const forgot = route(
  {
    operationId: 'forgotPassword',
    method: 'POST',
    path: '/api/v1/auth/forgot-password',
    summary: 'Ask for a link to a new password',
    description: 'The answer is the same whether the address has an account or not. At most one link a minute.',
    tag,
    access: 'public',
    body: { schema: emailSchema, description: 'The address of the account.', limitBytes },
    responses: { 202: { description: 'Taken; a link comes by mail if there is an account.' } },
  },
  async ({ body, client }, deps) => {
    await requestReset(deps, body.email, client);
    return accepted;
  },
);

const reset = route(
  {
    operationId: 'resetPassword',
    method: 'POST',
    path: '/api/v1/auth/reset-password',
    summary: 'Set a new password with a link',
    description: 'The token is good for one use within 30 minutes. All sessions end.',
    tag,
    access: 'public',
    body: { schema: resetSchema, description: 'The token of the link and the password.', limitBytes },
    responses: { 204: { description: 'Changed; sign in.' } },
    problems: ['one-time-token-invalid', 'too-many-sign-ins'],
  },
  async ({ body, client }, deps) => {
    await resetPassword(deps, body, client);
    return noContent();
  },
);

const keySet = route(
  {
    operationId: 'getKeySet',
    method: 'GET',
    path: '/.well-known/jwks.json',
    summary: 'Public keys of access tokens',
    description: 'A new key is in it before it signs, an old one until its last tokens have expired (RFC 7517).',
    tag,
    access: 'public',
    responses: { 200: { description: 'The key set.', schema: keySetSchema } },
  },
  async (_input, { keys }) => ({
    status: 200,
    body: { keys: keys.published() },
    headers: { 'cache-control': 'public, max-age=300' },
  }),
);

export const authRoutes: readonly Route<UserDeps>[] = [
  registerRoute,
  resend,
  verify,
  login,
  refresh,
  logout,
  forgot,
  reset,
  keySet,
];

const accepted: Reply = { status: 202 };

function tokens(body: TokenSet): Reply {
  return { status: 200, body, headers: privateHeaders };
}
