/** The engine's port for small records that all replicas share: synonyms, categories, the present rebuild. */

export interface StoredRecord<T> {
  readonly value: T;
  /** Grows with each change. */
  readonly version: number;
  /** The engine's name of this state. */
  readonly place: string;
}

export interface Records {
  /** The newest state of a record, also one that was written a moment ago; undefined when there is none. */
  read<T>(id: string): Promise<StoredRecord<T> | undefined>;
  /**
   * Writes on top of the state at the place that was read (`undefined`: there was none). Resolves with the new state, or with undefined
   * when somebody else was faster. A write that nobody answered may have been carried out.
   */
  write<T extends object>(id: string, on: string | undefined, value: T): Promise<StoredRecord<T> | undefined>;
}
