/** Another password: by a link to the mailbox, or by who knows the present one. Either ends all sessions. */
import { newEvent } from '#chassis/events/cloud-event.ts';
import type { Client } from '#chassis/http/route.ts';
import type { Transaction } from '#chassis/postgres/statement.ts';
import { ProblemError } from '#chassis/problem.ts';
import { userPasswordChanged, userPasswordResetRequested } from '#contracts/events/user.ts';
import type { UserDeps } from '../deps.ts';
import { emailKey } from '../domain/email.ts';
import { findPasswordFault } from '../domain/password-policy.ts';
import { createOpaqueToken, digestToken } from '../secrets/opaque-token.ts';
import { readCredentials, setPasswordHash } from '../store/accounts.ts';
import { recordAuthEvent } from '../store/auth-events.ts';
import { issueResetToken, peekResetToken, revokeResetTokens, takeResetToken } from '../store/one-time-tokens.ts';
import { lockMailbox, writeToNobody } from '../store/registrations.ts';
import { endSessions } from '../store/sessions.ts';
import { clearCounters, countersOf } from '../store/sign-in-attempts.ts';
import { toRecipient } from './recipient.ts';
import { invalidToken } from './register.ts';
import { chargeSignIn, originOf, recordWrongPassword } from './sign-in.ts';

/** Has a link sent if the address has an account; if not, as much is done and answered, and one entry is in the audit trail all the same. */
export async function requestReset(deps: UserDeps, email: string, client: Client): Promise<void> {
  const token = createOpaqueToken();
  const addressDigest = deps.digestAddress(client.address);
  await deps.database.transaction(async (connection) => {
    await lockMailbox(connection, deps.personalData, emailKey(email));
    const owner = await readCredentials(connection, deps.personalData, { emailKey: emailKey(email) });
    // For nobody as well: a statement less would tell by its time.
    const issued = await issueResetToken(connection, token.digest, owner?.id ?? deps.newId());
    const outcome = issued === undefined ? 'ignored' : 'succeeded';
    await recordAuthEvent(connection, { userId: owner?.id, kind: 'request-reset', outcome, addressDigest });
    if (owner === undefined || issued === undefined) return writeToNobody(connection);
    const data = { userId: owner.id, recipient: toRecipient(owner), token: token.text, ...issued };
    await deps.outbox.append(connection, newEvent(userPasswordResetRequested, data));
  });
}

/** Sets the password that the owner of the mailbox chose. */
export async function resetPassword(
  deps: UserDeps,
  { token, password }: { readonly token: string; readonly password: string },
  client: Client,
): Promise<void> {
  const digest = digestToken(token);
  // Before anything is hashed: only who has a link may have that work done.
  const userId = await peekResetToken(deps.database.primary, digest);
  const owner =
    userId === undefined ? undefined : await readCredentials(deps.database.primary, deps.personalData, { id: userId });
  if (owner === undefined) throw invalidToken();
  assertAcceptable(password, owner.email, '#/password');
  const passwordHash = await deps.passwords.hash(password);
  const isDone = await deps.database.transaction(async (connection) => {
    const taken = await takeResetToken(connection, digest);
    if (taken === undefined) return false;
    const event = { kind: 'reset-password', addressDigest: deps.digestAddress(client.address) } as const;
    return replacePassword(deps, connection, { userId: taken, after: passwordHash }, event);
  });
  if (!isDone) throw invalidToken();
}

/** Sets another password for who knows the present one; guesses count as failed sign-ins. */
export async function changePassword(
  deps: UserDeps,
  userId: string,
  { currentPassword, newPassword }: { readonly currentPassword: string; readonly newPassword: string },
  client: Client,
): Promise<void> {
  const owner = await readCredentials(deps.database.primary, deps.personalData, { id: userId });
  if (owner === undefined) throw new ProblemError('not-found', 'the caller has no account in this shop');
  assertAcceptable(newPassword, owner.email, '#/newPassword');
  const origin = { ...originOf(deps, client), userId };
  const { addressDigest } = origin;
  await chargeSignIn(deps, owner.emailKey, origin);
  if (!(await deps.passwords.verify(currentPassword, owner.passwordHash))) {
    await recordWrongPassword(deps, 'change-password', origin);
    throw wrongPassword();
  }
  const change = { userId, before: owner.passwordHash, after: await deps.passwords.hash(newPassword) };
  const isDone = await deps.database.transaction((connection) =>
    replacePassword(deps, connection, change, { kind: 'change-password', addressDigest }),
  );
  // Changed by somebody else since it was compared.
  if (!isDone) throw wrongPassword();
}

function wrongPassword(): ProblemError {
  const errors = [{ pointer: '#/currentPassword', detail: 'is not the password of the account' }];
  return new ProblemError('wrong-password', undefined, { errors });
}

/** False when the account was erased meanwhile, or has another password than `before`. */
async function replacePassword(
  deps: UserDeps,
  connection: Transaction,
  { userId, before, after }: { readonly userId: string; readonly before?: string; readonly after: string },
  event: { readonly kind: 'reset-password' | 'change-password'; readonly addressDigest: string },
): Promise<boolean> {
  const owner = await setPasswordHash(connection, deps.personalData, userId, { before, after });
  if (owner === undefined) return false;
  await endSessions(connection, userId, 'password-changed');
  await revokeResetTokens(connection, userId);
  const counters = countersOf(deps.personalData.lookup(owner.emailKey), event.addressDigest, deps.lockout);
  await clearCounters(
    connection,
    counters.map(({ key }) => key),
  );
  await recordAuthEvent(connection, { userId, outcome: 'succeeded', ...event });
  await deps.outbox.append(connection, newEvent(userPasswordChanged, { userId, recipient: toRecipient(owner) }));
  return true;
}

function assertAcceptable(password: string, email: string, pointer: string): void {
  const fault = findPasswordFault(password, email);
  if (fault === undefined) return;
  throw new ProblemError('validation-failed', 'the body has 1 fault(s)', { errors: [{ pointer, detail: fault }] });
}
