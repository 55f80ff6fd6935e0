/** What the routes of this service share. */
import { routesWith } from '#chassis/http/route.ts';
import type { Role } from '#contracts/identity.ts';
import type { SearchDeps } from '../deps.ts';

export const route = routesWith<SearchDeps>();

/** May decide what customers find. */
export const editors: readonly [Role, ...Role[]] = ['admin', 'catalog-manager'];
/** May exchange indices. */
export const operators: readonly [Role, ...Role[]] = ['admin'];
/** May look at what there is. */
export const observers: readonly [Role, ...Role[]] = ['admin', 'catalog-manager', 'support'];

/** Nothing here may be kept by anybody between. */
export const privateHeaders = { 'cache-control': 'private, no-store' } as const;
