import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import type { Readiness } from '../contract.ts';
import { identityMismatch } from './members.ts';
import type { ObservedBuiltin, ObservedExternal, TenantFacts, Unreachable } from './observed.ts';

/** Events wake the stack; these are the times to look at what sends none: the servers themselves. */
const soonMs = 2_000;
const laterMs = 15_000;

/** On its way; nobody needs to act. */
export function progressing(reason: string, message: string): Readiness {
  return { state: 'progressing', reason, message, retryAfterMs: soonMs };
}

/** Does not work, and may come right by itself or by what the message says. */
export function failed(reason: string, message: string): Readiness {
  return { state: 'failed', reason, message, terminal: false, retryAfterMs: laterMs };
}

/** Only a person can go on. */
export function stalled(reason: string, message: string): Readiness {
  return { state: 'failed', reason, message, terminal: true, retryAfterMs: 60_000 };
}

type Either = ObservedBuiltin | ObservedExternal;

/** Nothing is touched when the data is not the one that was recorded. */
export function identityCheck(observed: Either, stack: CompleteStack): Readiness | undefined {
  const mismatch = identityMismatch(observed);
  if (mismatch === undefined) {
    return undefined;
  }
  const { recorded, found } = mismatch;
  const where = observed.mode === 'Builtin' ? 'the volumes hold' : 'the server has';
  return stalled(
    'IdentityMismatch',
    `Recorded is the database system ${recorded}, but ${where} ${found}. Nothing is touched. Bring the recorded one back, or take the other one over for good: kubectl annotate --overwrite secret ${stack.name}-postgres-credentials ecommerce.stack/identity=${found}`,
  );
}

/** The passwords are made by the operator before anything else. */
export function credentialsCheck({ hasCredentials }: Either, stack: CompleteStack): Readiness | undefined {
  return hasCredentials
    ? undefined
    : progressing(
        'WaitingForCredentials',
        `Secret ${stack.name}-postgres-credentials is not complete yet; the operator adds what is missing.`,
      );
}

/** Every service has its role and its database. */
export function provisionedCheck(observed: Either): Readiness | undefined {
  const { server } = observed;
  if (server?.reachable !== true) {
    return undefined;
  }
  const foreign = server.tenants.find(({ role, database }) => role === 'foreign' || database === 'foreign');
  if (foreign !== undefined) {
    return failed('NotOurs', explainForeign(foreign));
  }
  const open = server.tenants.filter(({ role, database }) => role !== 'ok' || database !== 'ok');
  return open.length === 0
    ? undefined
    : progressing(
        'SettingUpDatabases',
        `Roles and databases are being set up: ${open.map(({ tenant }) => tenant.database).join(', ')}.`,
      );
}

function explainForeign({ tenant, role }: TenantFacts): string {
  const what = role === 'foreign' ? `role ${tenant.role}` : `database ${tenant.database}`;
  return `The server has a ${what} that this stack did not make, so it is left alone. Drop or rename it, or use a server of its own for this stack.`;
}

/** A server that does not answer, as a verdict. */
export function unreachable({ reason, message }: Unreachable): Readiness {
  return reason === 'ServerStarting' ? progressing(reason, message) : failed(reason, message);
}
