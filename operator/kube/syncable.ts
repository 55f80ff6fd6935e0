/** A cache with a life of its own: started once, synced later, kept alive by retrying for ever. */
export interface Syncable {
  /** For logs and `/readyz`, e.g. `children`. */
  readonly name: string;
  /** Lists and watches until `signal` aborts, then resolves; never rejects because of the server. */
  start(signal: AbortSignal): Promise<void>;
  /** Resolves when every watched kind has been listed once; rejects with the signal's reason when aborted before. */
  whenSynced(signal?: AbortSignal): Promise<void>;
  /** Why the content may be old or missing, one sentence per watched kind in trouble; empty when all is well. */
  problems(): readonly string[];
}
