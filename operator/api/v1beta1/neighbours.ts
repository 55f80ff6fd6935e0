import type { ServiceName } from './complete-stack.ts';

/** A service that cannot start without the address of another one. */
export interface RequiredNeighbour {
  readonly service: ServiceName;
  readonly neighbour: ServiceName;
}

/** Every such pair: who knows prices and categories is asked by those who show them. */
export const requiredNeighbours: readonly RequiredNeighbour[] = [
  { service: 'cart', neighbour: 'product' },
  { service: 'search', neighbour: 'product' },
];

/** Environment variable that tells a service where its neighbour is. */
export function upstreamVariable(neighbour: ServiceName): string {
  return `APP_UPSTREAM_${neighbour.toUpperCase()}`;
}
