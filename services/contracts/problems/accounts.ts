/** Problems of accounts, sign-ins and address books. */
import type { ProblemType } from './problem-type.ts';

export const accountProblems = {
  'invalid-credentials': {
    status: 401,
    title: 'E-mail address or password is wrong',
    cause:
      'No account has this e-mail address with this password, or the address is not verified yet. The answer is the same, so that nobody learns who has an account.',
    remedy: 'Check both; verify the address with the link that was sent, or ask for a new password.',
  },
  'invalid-refresh-token': {
    status: 401,
    title: 'The refresh token is not valid',
    cause:
      'The token is unknown, expired or was used before, or its session was ended. A token that is used twice ends its session.',
    remedy: 'Sign in again.',
  },
  'account-locked': {
    status: 403,
    title: 'The account is locked',
    cause: 'The password is right, but the staff locked the account.',
    remedy: 'Ask the support of the shop.',
  },
  'too-many-addresses': {
    status: 409,
    title: 'The address book is full',
    cause: 'A customer keeps at most 50 addresses.',
    remedy: 'Delete one that is not needed any more.',
  },
  'own-account': {
    status: 409,
    title: 'Not on your own account',
    cause: 'Administrators neither lock themselves out nor change their own roles, so that one is always left.',
    remedy: 'Ask another administrator.',
  },
  'one-time-token-invalid': {
    status: 422,
    title: 'The link is not valid any more',
    cause: 'The token of the link is unknown, expired, or was used before.',
    remedy: 'Ask for a new link.',
  },
  'wrong-password': {
    status: 422,
    title: 'The present password is wrong',
    cause: 'The operation asks for the present password of the account, and it is another one.',
    remedy: 'Check the password, or reset it.',
  },
  'sign-in-locked': {
    status: 429,
    title: 'Too many wrong passwords',
    cause: 'Too many attempts to sign in to this account failed. Whether there is such an account is not said.',
    remedy: 'Wait as long as `Retry-After` says; each further failure doubles the wait.',
  },
  'too-many-sign-ins': {
    status: 429,
    title: 'Too many passwords are being checked',
    cause: 'More passwords wait for being checked than the service takes on at once.',
    remedy: 'Wait as long as `Retry-After` says and send the request again.',
  },
} as const satisfies Readonly<Record<string, ProblemType>>;
