/** What the roles of an account allow, in the words of OAuth scopes: part of every access token. */
import type { Role } from '#contracts/identity.ts';

const scopesByRole: Readonly<Record<Role, readonly string[]>> = {
  customer: ['profile', 'cart', 'orders'],
  support: ['users:read', 'orders:read', 'orders:write', 'notifications:read'],
  'catalog-manager': ['catalog:write', 'search:write'],
  warehouse: ['stock:write', 'orders:read', 'shipments:write'],
  admin: [
    'users:read',
    'users:write',
    'catalog:write',
    'search:write',
    'stock:write',
    'orders:read',
    'orders:write',
    'shipments:write',
    'payments:write',
    'notifications:read',
    'notifications:write',
  ],
  // Services prove themselves by the internal identity and never by an access token.
  service: [],
};

/** Each scope once, in alphabetical order, separated by blanks (RFC 6749 §3.3). */
export function scopeOf(roles: readonly Role[]): string {
  return [...new Set(roles.flatMap((role) => scopesByRole[role]))].toSorted().join(' ');
}
