/** Milliseconds. */
const lengthMs = 2000;

/**
 * The time in which a server that could not be reached is not asked. Whoever waits for it in vain first is late, and holds its
 * place in the service twice as long.
 */
export class Recess {
  #until: number | undefined;

  /** When the time is over one caller is told to try; the others go on without, until that one has said how it went. */
  mayTry(): boolean {
    if (this.#until === undefined) return true;
    if (performance.now() < this.#until) return false;
    this.begin();
    return true;
  }

  /** The server was not reached. */
  begin(): void {
    this.#until = performance.now() + lengthMs;
  }

  /** It answered. */
  end(): void {
    this.#until = undefined;
  }
}
