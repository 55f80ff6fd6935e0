/** What the handlers of this service work with. */
import { routesWith } from '#chassis/http/route.ts';
import type { Outbox } from '#chassis/outbox/outbox.ts';
import type { Database } from '#chassis/postgres/database.ts';
import type { Connection } from '#chassis/postgres/statement.ts';
import type { Worker } from '#chassis/service.ts';
import { hasAnyRole, type Identity, type Role } from '#contracts/identity.ts';

export interface ProductDeps {
  readonly database: Database;
  readonly outbox: Outbox;
  /** What runs beside requests. */
  readonly workers: readonly Worker[];
  /** A new identifier. */
  readonly newId: () => string;
}

export const route = routesWith<ProductDeps>();

/** May change the catalogue. */
export const editors: readonly [Role, ...Role[]] = ['admin', 'catalog-manager'];
/** May see what is not published. */
const staff: readonly Role[] = [...editors, 'support', 'service'];

/** True when the caller may see drafts. */
export function isStaff(identity: Identity | undefined): boolean {
  return hasAnyRole(identity, staff);
}

/** Staff read what they have just written from the primary; customers read the replicas. */
export function readerFor(deps: ProductDeps, identity: Identity | undefined): Connection {
  return isStaff(identity) ? deps.database.primary : deps.database.replica;
}

/** Caches may keep what customers see for half a minute; what staff see is theirs. */
export function cachingFor(identity: Identity | undefined): Readonly<Record<string, string>> {
  if (isStaff(identity)) return { 'cache-control': 'private, no-cache', vary: 'authorization' };
  return { 'cache-control': 'public, max-age=30, stale-while-revalidate=60', vary: 'authorization' };
}
