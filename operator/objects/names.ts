/** Names, labels and annotations of everything we create. */

export const fieldManager = 'ecommerce-operator';

/** Second field manager: replica counts and rollout weights, so that a template apply never resets them. */
export const rolloutManager = `${fieldManager}/rollout`;

const group = 'ecommerce.stack';

export const labels = {
  managedBy: 'app.kubernetes.io/managed-by',
  partOf: 'app.kubernetes.io/part-of',
  instance: 'app.kubernetes.io/instance',
  name: 'app.kubernetes.io/name',
  version: 'app.kubernetes.io/version',
  /** Stack that an object belongs to: events on it wake that stack. */
  stack: `${group}/stack`,
  component: `${group}/component`,
  /** `data` on objects that outlive the stack under `deletionPolicy: Retain`. */
  retention: `${group}/retention`,
} as const;

export const annotations = {
  appliedHash: `${group}/applied-hash`,
  configHash: `${group}/config-hash`,
  identity: `${group}/identity`,
  pause: `${group}/pause`,
  restart: `${group}/restart`,
} as const;

/** Selector of all that we manage: every cache lists and watches by it. */
export const managedSelector = `${labels.managedBy}=${fieldManager}`;

/** `shop-postgres`, `shop-postgres-rw`: at most 40 + 23 characters, so that pod names stay DNS labels. */
export function childName(stack: string, component: string, suffix?: string): string {
  return suffix === undefined ? `${stack}-${component}` : `${stack}-${component}-${suffix}`;
}

/** Secret with which a client reaches a component; the same keys in every mode. */
export function connectionSecretName(stack: string, component: string, client?: string): string {
  return childName(stack, component, client === undefined ? 'connection' : `connection-${client}`);
}
