import { InvalidError } from '../../operator/kube/errors.ts';

/** A broken rule as the API server reports it. */
export interface Refusal {
  readonly field: string;
  readonly message: string;
}

/** What the API server says against a write, sorted by field; empty when it accepts. */
export async function refusalsOf(write: Promise<unknown>): Promise<readonly Refusal[]> {
  try {
    await write;
    return [];
  } catch (error: unknown) {
    if (!(error instanceof InvalidError)) {
      throw error;
    }
    return error.causes
      .filter(({ field }) => field !== '<nil>')
      .map(({ field = '', message }) => ({ field, message }))
      .toSorted((one, other) => compare(`${one.field} ${one.message}`, `${other.field} ${other.message}`));
  }
}

/**
 * `path: sentence`, as our own validation writes it: the server puts "Invalid value" and sometimes the value before the
 * sentence of a rule.
 */
export function sentencesOf(refusals: readonly Refusal[], expected: readonly string[]): readonly string[] {
  return refusals
    .map(({ field, message }) => {
      const known = expected.find(
        (one) => one.startsWith(`${field}: `) && message.endsWith(one.slice(field.length + 2)),
      );
      return known ?? `${field}: ${message}`;
    })
    .toSorted(compare);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
