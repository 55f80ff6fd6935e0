import type { Reflector } from './reflector.ts';

/** Several reflectors as one: started together, synced when all are. */
export class WatchSet {
  readonly #reflectors: readonly Reflector[];

  constructor(reflectors: readonly Reflector[]) {
    this.#reflectors = reflectors;
  }

  async start(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.run(signal)));
  }

  /** Rejects with the signal's reason when it aborts before every reflector has its first list. */
  async whenSynced(signal?: AbortSignal): Promise<void> {
    const synced = Promise.all(this.#reflectors.map((reflector) => reflector.whenSynced()));
    await (signal === undefined ? synced : Promise.race([synced, rejectOnAbort(signal)]));
  }

  problems(): readonly string[] {
    return this.#reflectors.flatMap((reflector) => reflector.problem() ?? []);
  }
}

/** One watch over all namespaces (`undefined`), or one for each that is named. */
export function scopesOf(namespaces: readonly string[] | undefined): readonly (string | undefined)[] {
  return namespaces === undefined || namespaces.length === 0 ? [undefined] : namespaces;
}

/** `{namespace}` when there is one: optional properties must be absent, not `undefined`. */
export function namespaceOf(namespace: string | undefined): { readonly namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
    }
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
