import type { KubernetesObject } from '../api/kubernetes.ts';
import type { SecretValues } from '../components/contract.ts';
import type { StackMemory } from './memory.ts';
import type { EnginePorts } from './ports.ts';

/** How long a Secret that is not in the caches (the user's own) may be served from memory, milliseconds. */
const unmanagedTtlMs = 60_000;
/** The same while the stack is not ready: the Secret may be the reason, and somebody waits for its correction. */
const unmanagedTtlWhileUnreadyMs = 10_000;

/** Reads Secrets of one stack: the caches tell when a value changed, so an unchanged one costs no call. */
export class SecretStore {
  readonly #ports: EnginePorts;
  readonly #memory: StackMemory;
  readonly #namespace: string;
  readonly #ttlMs: number;

  /** `isReady`: what the stack's last status says. */
  constructor(
    ports: EnginePorts,
    memory: StackMemory,
    { namespace, isReady }: { readonly namespace: string; readonly isReady: boolean },
  ) {
    this.#ports = ports;
    this.#memory = memory;
    this.#namespace = namespace;
    this.#ttlMs = isReady ? unmanagedTtlMs : unmanagedTtlWhileUnreadyMs;
  }

  /** Decoded values, or `undefined` when there is no such Secret. */
  async values(name: string): Promise<SecretValues | undefined> {
    const ref = { apiVersion: 'v1', kind: 'Secret', namespace: this.#namespace, name };
    const live = this.#ports.children.get(ref);
    const remembered = this.#memory.secrets.get(name);
    if (remembered !== undefined && this.#isCurrent(remembered, live && versionOf(live.uid, live.resourceVersion))) {
      return remembered.values;
    }
    const object = await this.#ports.kube.get(ref);
    if (object === undefined) {
      this.#memory.secrets.delete(name);
      return undefined;
    }
    return this.remember(object);
  }

  /**
   * Values of a Secret that we keep: what the caches do not show is asked for, never taken from memory. A Secret that
   * lacks one of the keys is not remembered, so that `lastKnown` still has what it held before.
   */
  async keptValues(name: string, keys: readonly string[]): Promise<SecretValues | undefined> {
    const ref = { apiVersion: 'v1', kind: 'Secret', namespace: this.#namespace, name };
    const live = this.#ports.children.get(ref);
    const remembered = this.#memory.secrets.get(name);
    if (live !== undefined && remembered?.version === versionOf(live.uid, live.resourceVersion)) {
      return remembered.values;
    }
    const object = await this.#ports.kube.get(ref);
    const values = object === undefined ? undefined : decode(object['data']);
    const isWhole = values !== undefined && keys.every((key) => values[key] !== undefined);
    return object !== undefined && isWhole ? this.remember(object) : values;
  }

  /** The values that a Secret had when it was read last, whatever has become of it. */
  lastKnown(name: string): SecretValues | undefined {
    return this.#memory.secrets.get(name)?.values;
  }

  /** Keeps the values of a Secret that was just read or written. */
  remember(object: KubernetesObject): SecretValues {
    const { uid = '', resourceVersion = '', name } = object.metadata;
    const values = decode(object['data']);
    this.#memory.secrets.set(name, {
      version: versionOf(uid, resourceVersion),
      readAtMs: this.#ports.now().getTime(),
      values,
    });
    return values;
  }

  #isCurrent(
    remembered: { readonly version: string; readonly readAtMs: number },
    liveVersion: string | undefined,
  ): boolean {
    return liveVersion === undefined
      ? this.#ports.now().getTime() - remembered.readAtMs < this.#ttlMs
      : remembered.version === liveVersion;
  }
}

function versionOf(uid: string, resourceVersion: string): string {
  return `${uid}@${resourceVersion}`;
}

function decode(data: unknown): SecretValues {
  const entries = typeof data === 'object' && data !== null ? Object.entries(data) : [];
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(String(value), 'base64').toString()]));
}
