/**
 * Parameters of Kafka brokers that a manifest may set. Everything else follows from the manifest (listeners, logins,
 * copies, the quorum) or would trade stored events for speed.
 */

/** Taken over by running brokers (cluster-wide dynamic configuration): changing them restarts nothing. */
export const dynamicParameters = [
  'background.threads',
  'compression.type',
  'log.cleaner.backoff.ms',
  'log.cleaner.delete.retention.ms',
  'log.cleaner.io.max.bytes.per.second',
  'log.cleaner.min.cleanable.ratio',
  'log.cleaner.threads',
  'log.retention.bytes',
  'log.retention.ms',
  'log.roll.ms',
  'log.segment.bytes',
  'log.segment.delete.delay.ms',
  'max.connection.creation.rate',
  'max.connections',
  'max.connections.per.ip',
  'message.max.bytes',
  'num.io.threads',
  'num.network.threads',
  'num.recovery.threads.per.data.dir',
  'num.replica.fetchers',
] as const;

/** Read at the start of a broker only: changing them rolls the pods, the active controller last. */
export const staticParameters = [
  'connections.max.idle.ms',
  'fetch.max.bytes',
  'group.initial.rebalance.delay.ms',
  'group.max.session.timeout.ms',
  'group.max.size',
  'log.retention.check.interval.ms',
  'offsets.retention.minutes',
  'queued.max.requests',
  'replica.fetch.max.bytes',
  'replica.lag.time.max.ms',
  'socket.receive.buffer.bytes',
  'socket.request.max.bytes',
  'socket.send.buffer.bytes',
  'transaction.max.timeout.ms',
] as const;

/** Every name that `spec.kafka.parameters` may have. */
export const kafkaParameters: readonly string[] = [...dynamicParameters, ...staticParameters].toSorted();
