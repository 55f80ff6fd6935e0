import { createWireReader, type WireMessage, type WireReader } from './wire.ts';

/** Keys of the protocol that matter here; the rest is named by its number. */
const names: Readonly<Record<number, string>> = {
  0: 'Produce',
  1: 'Fetch',
  3: 'Metadata',
  18: 'ApiVersions',
  19: 'CreateTopics',
  22: 'InitProducerId',
};

/** Requests that a client has sent, by their name: a size, then the key of the API (Kafka protocol). */
export function readKafka(): WireReader {
  return createWireReader((bytes): WireMessage | undefined => {
    const length = bytes.length < 4 ? Number.POSITIVE_INFINITY : 4 + bytes.readInt32BE(0);
    if (bytes.length < length) {
      return undefined;
    }
    const key = bytes.readInt16BE(4);
    return { length, operations: [names[key] ?? `request ${key}`] };
  });
}
