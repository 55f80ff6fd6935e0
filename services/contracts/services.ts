/** The shop's services and their ports, as the deployment guide fixes them. */
export const servicePorts = {
  gateway: 8000,
  user: 3001,
  product: 3002,
  cart: 3003,
  order: 3004,
  payment: 3005,
  inventory: 3006,
  notification: 3007,
  search: 3008,
} as const;

export type ServiceName = keyof typeof servicePorts;

/** Whether a word names a service of the shop. */
export function isServiceName(name: string): name is ServiceName {
  return Object.hasOwn(servicePorts, name);
}

/** Services behind the gateway. */
export type UpstreamName = Exclude<ServiceName, 'gateway'>;
