/** The right to write: held by one process at a time. */
export interface Leadership {
  /** For logs and metrics. */
  readonly identity: string;
  readonly isLeader: boolean;
  /** Campaigns until `signal` aborts. Resolves when leadership is won; rejects with the reason when aborted before. */
  acquire(signal: AbortSignal): Promise<void>;
  /** Aborts when leadership that was held is lost (never by `release`): the holder must stop writing at once. */
  readonly lost: AbortSignal;
  /** Gives it up so that another takes over at once; resolves also when that fails. */
  release(): Promise<void>;
}

/** For an operator that runs alone: leads from the start and never loses it. */
export function soleLeader(identity: string): Leadership {
  return {
    identity,
    isLeader: true,
    lost: new AbortController().signal,
    acquire: () => Promise.resolve(),
    release: () => Promise.resolve(),
  };
}
