/** What Kafka answers when it does not do everything that a request names; kafkajs puts one error per topic into one. */

const alreadyThere = 'TOPIC_ALREADY_EXISTS';

/**
 * Why topics cannot be created, in the words of the first that is refused; `undefined` when each is refused only for
 * being there: a broker may hear of a new topic later than the controller that made it.
 */
export function creationRefusal(error: unknown): string | undefined {
  const refused = partsOf(error).filter((part) => typeOf(part) !== alreadyThere);
  return refused.length === 0 ? undefined : describe(refused[0]);
}

/** Why something is refused, in the words of the first part that is. */
export function describeRefusal(error: unknown): string {
  return describe(partsOf(error)[0]);
}

function partsOf(error: unknown): readonly unknown[] {
  const parts = error instanceof Error && 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  return parts.length === 0 ? [error] : parts;
}

function typeOf(error: unknown): unknown {
  return error instanceof Error && 'type' in error ? error.type : undefined;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
