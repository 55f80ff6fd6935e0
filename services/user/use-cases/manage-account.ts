/** What happens to an account beside signing in: profile, roles, locks, sessions, export, erasure. */

import { newEvent } from '#chassis/events/cloud-event.ts';
import type { Client } from '#chassis/http/route.ts';
import { ProblemError } from '#chassis/problem.ts';
import { userDeleted, userLocked, userRolesChanged, userUnlocked, userUpdated } from '#contracts/events/user.ts';
import type { UserDeps } from '../deps.ts';
import type { Account, GrantableRole, ProfilePatch } from '../domain/account.ts';
import { setRoles, setStatus, updateProfile } from '../store/accounts.ts';
import { recordAuthEvent } from '../store/auth-events.ts';
import { type Erasure, eraseAccount } from '../store/erase-account.ts';
import { exportAccount } from '../store/export-account.ts';
import type { Change, Target } from '../store/results.ts';
import { endSession, endSessions } from '../store/sessions.ts';
import { toRecipient } from './recipient.ts';

/** Who does something, and from where. */
export interface Actor {
  readonly subject: string;
  readonly client: Client;
}

/** Changes what the person says about itself. */
export async function changeProfile(deps: UserDeps, target: Target, patch: ProfilePatch): Promise<Change<Account>> {
  return deps.database.transaction(async (connection) => {
    const result = await updateProfile(connection, deps.personalData, target, patch);
    if (result.state === 'changed') {
      const { id: userId, version } = result.value;
      const recipient = toRecipient(result.value);
      await deps.outbox.append(connection, newEvent(userUpdated, { userId, recipient, version }));
    }
    return result;
  });
}

/** Gives the account these roles; they are in its next access token. */
export async function changeRoles(
  deps: UserDeps,
  target: Target,
  roles: readonly GrantableRole[],
  actor: Actor,
): Promise<Change<Account>> {
  assertOther(target.id, actor);
  return deps.database.transaction(async (connection) => {
    const result = await setRoles(connection, deps.personalData, target, roles);
    if (result.state === 'changed') {
      const { id, version } = result.value;
      const addressDigest = deps.digestAddress(actor.client.address);
      const event = { userId: id, kind: 'change-roles', outcome: 'succeeded', actor: actor.subject } as const;
      await recordAuthEvent(connection, { ...event, addressDigest });
      await deps.outbox.append(connection, newEvent(userRolesChanged, { userId: id, roles: [...roles], version }));
    }
    return result;
  });
}

/** Locks or unlocks the account. A locked one loses its sessions and cannot open another. */
export async function changeLock(
  deps: UserDeps,
  id: string,
  lock: 'locked' | 'active',
  actor: Actor,
): Promise<Change<Account>> {
  assertOther(id, actor);
  return deps.database.transaction(async (connection) => {
    const result = await setStatus(connection, deps.personalData, id, lock);
    if (result.state === 'refused') return result;
    const { version } = result.value;
    if (lock === 'locked') await endSessions(connection, id, 'locked');
    const addressDigest = deps.digestAddress(actor.client.address);
    const kind = lock === 'locked' ? 'lock' : 'unlock';
    await recordAuthEvent(connection, {
      userId: id,
      kind,
      outcome: 'succeeded',
      actor: actor.subject,
      addressDigest,
    });
    const type = lock === 'locked' ? userLocked : userUnlocked;
    await deps.outbox.append(connection, newEvent(type, { userId: id, version }));
    return result;
  });
}

function assertOther(id: string, { subject }: Actor): void {
  if (id.toLowerCase() === subject.toLowerCase()) throw new ProblemError('own-account');
}

/** Ends one session of the caller. */
export async function closeSession(deps: UserDeps, userId: string, id: string, client: Client): Promise<void> {
  const isEnded = await deps.database.transaction(async (connection) => {
    if (!(await endSession(connection, { id, userId }, 'signed-out'))) return false;
    await recordAuthEvent(connection, ownEvent(deps, userId, 'end-session', client));
    return true;
  });
  if (!isEnded) throw new ProblemError('not-found', `there is no session ${id}`);
}

/** Ends all sessions of the caller. */
export async function closeSessions(deps: UserDeps, userId: string, client: Client): Promise<void> {
  await deps.database.transaction(async (connection) => {
    if ((await endSessions(connection, userId, 'signed-out')) === 0) return;
    await recordAuthEvent(connection, ownEvent(deps, userId, 'end-session', client));
  });
}

/** Everything that is kept about the person, as JSON text. */
export async function exportOwnData(deps: UserDeps, userId: string, client: Client): Promise<string> {
  return deps.database.transaction(async (connection) => {
    const json = await exportAccount(connection, deps.personalData, userId);
    if (json === undefined) throw new ProblemError('not-found', `there is no user ${userId}`);
    await recordAuthEvent(connection, ownEvent(deps, userId, 'export', client));
    return json;
  });
}

/** Takes the person out of the account and ends its sessions; what others keep is theirs to make anonymous. */
export async function erase(deps: UserDeps, target: Target): Promise<Change<Erasure>> {
  return deps.database.transaction(async (connection) => {
    const result = await eraseAccount(connection, deps.personalData, target);
    if (result.state === 'changed') {
      // Without the address: it would be personal data about nobody.
      const event = { userId: target.id, kind: 'erase', outcome: 'succeeded', addressDigest: undefined } as const;
      await recordAuthEvent(connection, event);
      await deps.outbox.append(connection, newEvent(userDeleted, { userId: target.id, ...result.value }));
    }
    return result;
  });
}

function ownEvent(deps: UserDeps, userId: string, kind: 'end-session' | 'export', client: Client) {
  return { userId, kind, outcome: 'succeeded', addressDigest: deps.digestAddress(client.address) } as const;
}
