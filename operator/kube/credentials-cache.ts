import type { Credentials } from './connection.ts';

/** How long headers and certificates are served from memory; files and tokens are read again after it, milliseconds. */
const credentialsTtlMs = 10_000;

/** Credentials that are read when they are asked for, and then kept for a while. */
export class CredentialsCache {
  readonly #read: () => Promise<Credentials>;
  #cached: { readonly untilMs: number; readonly value: Promise<Credentials> } | undefined;

  constructor(read: () => Promise<Credentials>) {
    this.#read = read;
  }

  /** `fresh`: reads again whatever is kept. A failed reading is not kept. */
  get({ fresh = false }: { readonly fresh?: boolean } = {}): Promise<Credentials> {
    const now = performance.now();
    if (this.#cached === undefined || fresh || now > this.#cached.untilMs) {
      const value = this.#read();
      this.#cached = { untilMs: now + credentialsTtlMs, value };
      value.catch(() => {
        this.#cached = undefined;
      });
    }
    return this.#cached.value;
  }
}
