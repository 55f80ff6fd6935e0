/** Becoming a customer. The caller learns nothing about who is one already. */
import { newEvent } from '#chassis/events/cloud-event.ts';
import type { Client } from '#chassis/http/route.ts';
import type { Transaction } from '#chassis/postgres/statement.ts';
import { ProblemError } from '#chassis/problem.ts';
import { userRegistered, userRegistrationRepeated, userVerificationRequested } from '#contracts/events/user.ts';
import type { UserDeps } from '../deps.ts';
import type { Profile } from '../domain/account.ts';
import { emailKey } from '../domain/email.ts';
import { createOpaqueToken, digestToken } from '../secrets/opaque-token.ts';
import { type Credentials, insertAccount, readCredentials } from '../store/accounts.ts';
import { countRecentEvents, recordAuthEvent } from '../store/auth-events.ts';
import {
  forgetRegistrations,
  insertRegistration,
  lockMailbox,
  maximumMailsPerHour,
  type Registration,
  readMailboxOf,
  renewRegistration,
  takeRegistration,
  writeToNobody,
} from '../store/registrations.ts';
import { toRecipient } from './recipient.ts';

/** Of the column's default. */
const firstVersion = 1;

export interface RegistrationRequest extends Profile {
  readonly email: string;
  readonly password: string;
}

/** Keeps the registration and has the mailbox asked; the owner of an address that has an account is told instead. */
export async function register(deps: UserDeps, request: RegistrationRequest, client: Client): Promise<void> {
  const { email, password, givenName, familyName, locale } = request;
  // First of all, whoever it is for: the time of the answer must not tell.
  const passwordHash = await deps.passwords.hash(password);
  const registration = {
    id: deps.newId(),
    email,
    emailKey: emailKey(email),
    passwordHash,
    givenName,
    familyName,
    locale,
  };
  const addressDigest = deps.digestAddress(client.address);
  await deps.database.transaction(async (connection) => {
    await lockMailbox(connection, deps.personalData, registration.emailKey);
    const owner = await readCredentials(connection, deps.personalData, { emailKey: registration.emailKey });
    if (owner !== undefined) await tellOwner(deps, connection, owner);
    else if (deps.isVerificationRequired) await keepRegistration(deps, connection, registration);
    else await createAccount(deps, connection, registration, false);
    const outcome = owner === undefined ? 'succeeded' : 'ignored';
    await recordAuthEvent(connection, { userId: owner?.id, kind: 'register', outcome, addressDigest });
  });
}

async function tellOwner(deps: UserDeps, connection: Transaction, owner: Credentials): Promise<void> {
  if ((await countRecentEvents(connection, owner.id, 'register')) >= maximumMailsPerHour)
    return writeToNobody(connection);
  const data = { userId: owner.id, recipient: toRecipient(owner) };
  await deps.outbox.append(connection, newEvent(userRegistrationRepeated, data));
}

async function keepRegistration(deps: UserDeps, connection: Transaction, registration: Registration): Promise<void> {
  const token = createOpaqueToken();
  const kept = await insertRegistration(connection, deps.personalData, token.digest, registration);
  if (kept === undefined) await writeToNobody(connection);
  else await askMailbox(deps, connection, { ...registration, ...kept }, token.text);
}

async function askMailbox(
  deps: UserDeps,
  connection: Transaction,
  registration: Registration & { readonly expiresAt: string },
  token: string,
): Promise<void> {
  const { id: userId, expiresAt } = registration;
  const data = { userId, recipient: toRecipient(registration), token, expiresAt };
  await deps.outbox.append(connection, newEvent(userVerificationRequested, data));
}

/** Whether the account was made: false when the address got one meanwhile. */
async function createAccount(
  deps: UserDeps,
  connection: Transaction,
  registration: Registration,
  isVerified: boolean,
): Promise<boolean> {
  if (!(await insertAccount(connection, deps.personalData, { isVerified, ...registration }))) return false;
  await forgetRegistrations(connection, deps.personalData, registration.emailKey);
  const data = { userId: registration.id, recipient: toRecipient(registration), version: firstVersion };
  await deps.outbox.append(connection, newEvent(userRegistered, data));
  return true;
}

/**
 * Sends the link once more, if one registration waits for this address and the last link is not too new. Where none does, as much is
 * done: the entry of the audit trail also makes both commits wait for the disk.
 */
export async function resendVerification(deps: UserDeps, email: string, client: Client): Promise<void> {
  const token = createOpaqueToken();
  const addressDigest = deps.digestAddress(client.address);
  await deps.database.transaction(async (connection) => {
    const renewed = await renewRegistration(connection, deps.personalData, emailKey(email), {
      digest: token.digest,
      id: deps.newId(),
    });
    const outcome = renewed === undefined ? 'ignored' : 'succeeded';
    await recordAuthEvent(connection, { userId: undefined, kind: 'resend-verification', outcome, addressDigest });
    if (renewed === undefined) await writeToNobody(connection);
    else await askMailbox(deps, connection, renewed, token.text);
  });
}

/** Makes the account; throws `one-time-token-invalid` when the token is not good for it (any more). */
export async function verifyEmail(deps: UserDeps, token: string, client: Client): Promise<void> {
  const addressDigest = deps.digestAddress(client.address);
  const digest = digestToken(token);
  const isVerified = await deps.database.transaction(async (connection) => {
    const mailbox = await readMailboxOf(connection, deps.personalData, digest);
    if (mailbox === undefined) return false;
    // Each link takes its own registration, and the one that makes the account those of all others: without an order they would
    // wait for each other.
    await lockMailbox(connection, deps.personalData, mailbox);
    const registration = await takeRegistration(connection, deps.personalData, digest, deps.newId());
    if (registration === undefined || !(await createAccount(deps, connection, registration, true))) return false;
    const { id: userId } = registration;
    await recordAuthEvent(connection, { userId, kind: 'verify-email', outcome: 'succeeded', addressDigest });
    return true;
  });
  if (!isVerified) throw invalidToken();
}

/** The problem of a link that was used, is too old or never was. */
export function invalidToken(): ProblemError {
  const errors = [{ pointer: '#/token', detail: 'is unknown, expired or used' }];
  return new ProblemError('one-time-token-invalid', undefined, { errors });
}
