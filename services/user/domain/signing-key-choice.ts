/** Which of several keys signs: pure, because all replicas must come to the same answer by themselves. */

export interface CandidateKey {
  readonly kid: string;
  /** How long everybody could have read the key. */
  readonly publishedForMs: number;
}

/**
 * The first key of the configuration that was published long enough for every verifier to know it. While there is none (a
 * new installation, or the only key was replaced), the one that was published longest.
 */
export function chooseSigningKey(
  candidates: readonly CandidateKey[],
  publishAheadMs: number,
): CandidateKey | undefined {
  const known = candidates.find(({ publishedForMs }) => publishedForMs >= publishAheadMs);
  return known ?? candidates.toSorted((a, b) => b.publishedForMs - a.publishedForMs)[0];
}
