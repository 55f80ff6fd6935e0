/** Who may do what: roles, and the identity that the gateway hands to services. */

/** Roles in access tokens. `service` is for calls between our own processes, never for people. */
export const roles = ['customer', 'support', 'catalog-manager', 'warehouse', 'admin', 'service'] as const;
export type Role = (typeof roles)[number];

/** The caller of a request after its token was verified. */
export interface Identity {
  /** User id, or the name of a service. */
  readonly subject: string;
  readonly roles: readonly Role[];
}

/** True for a role that we know; unknown roles in a token are ignored, so that new ones can be introduced safely. */
export function isRole(value: unknown): value is Role {
  return typeof value === 'string' && (roles as readonly string[]).includes(value); // widening a const tuple to compare
}

/** True when the identity has at least one of the roles. */
export function hasAnyRole(identity: Identity | undefined, wanted: readonly Role[]): boolean {
  return identity?.roles.some((role) => wanted.includes(role)) ?? false;
}
