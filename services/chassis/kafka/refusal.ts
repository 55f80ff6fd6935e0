/** What Kafka says of an event that it will never take, however often it is sent. */

/** Of the protocol; all others may pass, or concern the topic and not one event. */
const refusals = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
]);

/** Whether a failed send is the fault of (one of) its events. */
export function isRefusal(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if ('type' in error && typeof error.type === 'string' && refusals.has(error.type)) return true;
  // kafkajs wraps what it does not repeat.
  return 'cause' in error && isRefusal(error.cause);
}
