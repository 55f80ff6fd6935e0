/** A kind of error that a client of the shop can see. */
export interface ProblemType {
  readonly status: number;
  /** The same for each occurrence. */
  readonly title: string;
  /** When this is answered. */
  readonly cause: string;
  /** What the client can do. */
  readonly remedy: string;
}
