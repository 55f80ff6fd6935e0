import type { KubeLogger } from './ports.ts';

/** Functions that want to hear of something; one that throws is logged and harms nobody else. */
export class Listeners<Arguments extends readonly unknown[]> {
  readonly #name: string;
  readonly #logger: KubeLogger;
  readonly #listeners = new Set<(...args: Arguments) => void>();

  constructor(name: string, logger: KubeLogger) {
    this.#name = name;
    this.#logger = logger;
  }

  /** Returns a function that removes the listener. */
  add(listener: (...args: Arguments) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  call(...args: Arguments): void {
    for (const listener of this.#listeners) {
      try {
        listener(...args);
      } catch (error) {
        this.#logger.error({ err: error, source: this.#name }, 'a listener of the cache failed');
      }
    }
  }
}
