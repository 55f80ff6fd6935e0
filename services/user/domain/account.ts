/** What an account is, apart from how it is asked for and stored. */
import type { Role } from '#contracts/identity.ts';

export const accountStatuses = ['active', 'locked', 'erased'] as const;
/** Only `active` accounts can sign in; `erased` ones hold nothing of a person any more. */
export type AccountStatus = (typeof accountStatuses)[number];

/** Roles that an account can have. `service` is for our own processes and can be given to nobody. */
export const grantableRoles = [
  'customer',
  'support',
  'catalog-manager',
  'warehouse',
  'admin',
] as const satisfies readonly Role[];
export type GrantableRole = (typeof grantableRoles)[number];

/** An account in its public form. */
export interface Account {
  readonly id: string;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly givenName: string;
  readonly familyName: string;
  readonly phone: string | null;
  readonly locale: string;
  readonly roles: readonly Role[];
  readonly status: AccountStatus;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What a person says about itself when it registers. */
export interface Profile {
  readonly givenName: string;
  readonly familyName: string;
  readonly locale: string;
}

/** A merge patch (RFC 7396): absent members stay, a null phone is removed. */
export interface ProfilePatch extends Partial<{ readonly [Name in keyof Profile]: Profile[Name] | undefined }> {
  readonly phone?: string | null | undefined;
}

/** What an address book holds at most. */
export const maximumAddresses = 50;
