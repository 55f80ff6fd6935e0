/** How much each kind of caller may do. */

import { networkOf } from '#chassis/http/ip-address.ts';
import { hasAnyRole, type Identity } from '#contracts/identity.ts';
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
  readonly checkout: number;
  readonly search: number;
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
  /** Of customers and guests; the staff works in bulk. */
  const classes = {
    write: {
      sensitive: ratePerMinute(settings.sensitive),
      checkout: ratePerMinute(settings.checkout),
    },
    read: { search: ratePerMinute(settings.search) },
  } as const satisfies Record<'read' | 'write', Partial<Record<LimitClass, Rate>>>;
  const rateOf = (verb: 'read' | 'write', limit: LimitClass): Rate | undefined =>
    (classes[verb] as Partial<Record<LimitClass, Rate>>)[limit]; // not every class has a rate of its own for both
  return ({ identity, address }, { method, limit }) => {
    const subject = identity === undefined ? `ip:${networkOf(address)}` : `user:${identity.subject}`;
    const kind = kindOf(identity);
    const verb = method === 'GET' || method === 'HEAD' ? 'read' : 'write';
    // Reading an order list is cheap, placing an order is not; a search costs more than other reads.
    const rate = kind === 'staff' ? undefined : rateOf(verb, limit);
    if (rate !== undefined) return { subject, limitClass: limit, rate };
    return { subject, limitClass: verb, rate: rates[kind][verb] };
  };
}

function kindOf(identity: Identity | undefined): CallerKind {
  if (identity === undefined) return 'guest';
  return hasAnyRole(identity, staffRoles) ? 'staff' : 'customer';
}
