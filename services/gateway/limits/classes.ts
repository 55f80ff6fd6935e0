/** How much each kind of caller may do. */
import { hasAnyRole, type Identity } from '#contracts/identity.ts';
import { networkOf } from '../identity/ip-address.ts';
import type { LimitClass } from '../routes/table.ts';
import { type Rate, ratePerMinute } from './gcra.ts';

export interface LimitSettings {
  readonly guestRead: number;
  readonly guestWrite: number;
  readonly customerRead: number;
  readonly customerWrite: number;
  readonly staffRead: number;
  readonly staffWrite: number;
  readonly sensitive: number;
}

export interface Allowance {
  /** What is counted: a user, or an address (a /64 of IPv6) while nobody is signed in. */
  readonly subject: string;
  readonly limitClass: string;
  readonly rate: Rate;
}

export interface Caller {
  readonly identity: Identity | undefined;
  readonly address: string;
}

type CallerKind = 'guest' | 'customer' | 'staff';

const staffRoles = ['admin', 'catalog-manager', 'support', 'warehouse', 'service'] as const;

/** Chooses the allowance of a request. Made once: rates are computed from the settings. */
export function createAllowances(
  settings: LimitSettings,
): (caller: Caller, request: { readonly method: string | undefined; readonly limit: LimitClass }) => Allowance {
  const rates = {
    guest: { read: ratePerMinute(settings.guestRead), write: ratePerMinute(settings.guestWrite) },
    customer: { read: ratePerMinute(settings.customerRead), write: ratePerMinute(settings.customerWrite) },
    staff: { read: ratePerMinute(settings.staffRead), write: ratePerMinute(settings.staffWrite) },
  };
  const sensitive = ratePerMinute(settings.sensitive);
  return ({ identity, address }, { method, limit }) => {
    const subject = identity === undefined ? `ip:${networkOf(address)}` : `user:${identity.subject}`;
    const kind = kindOf(identity);
    const verb = method === 'GET' || method === 'HEAD' ? 'read' : 'write';
    // Reading an order list is not sensitive; placing an order is.
    if (limit === 'sensitive' && verb === 'write' && kind !== 'staff')
      return { subject, limitClass: 'sensitive', rate: sensitive };
    return { subject, limitClass: verb, rate: rates[kind][verb] };
  };
}

function kindOf(identity: Identity | undefined): CallerKind {
  if (identity === undefined) return 'guest';
  return hasAnyRole(identity, staffRoles) ? 'staff' : 'customer';
}
