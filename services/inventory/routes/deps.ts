/** What the handlers of this service share. */
import { routesWith } from '#chassis/http/route.ts';
import type { Identity, Role } from '#contracts/identity.ts';
import type { InventoryDeps } from '../deps.ts';

export const route = routesWith<InventoryDeps>();

/** May see and change stock: those whose tokens have the scope `stock:write`. */
export const stockKeepers: readonly [Role, ...Role[]] = ['admin', 'warehouse'];
/** Orders hold stock by the service that owns them; no person does, and the gateway has no way there. */
export const orderTakers: readonly [Role, ...Role[]] = ['service'];

/** Nothing here may be kept by anybody between. */
export const privateHeaders = { 'cache-control': 'private, no-store' } as const;

/** Who did it, for the ledger. */
export function actorOf({ identity }: { readonly identity: Identity | undefined }): string {
  return identity?.subject ?? '';
}
