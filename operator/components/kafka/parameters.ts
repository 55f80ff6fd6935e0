import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { dynamicParameters, staticParameters } from '../../api/v1beta1/kafka-parameters.ts';
import { quantityToNumber } from '../../api/v1beta1/quantity.ts';

/** Settings by name, as server.properties spells them. */
export type Settings = Readonly<Record<string, string>>;

const mebibyte = 1024 * 1024;

/** The user's settings that running brokers take over. */
export function dynamicSettings(stack: CompleteStack): Settings {
  return pick(stack.kafka.parameters, dynamicParameters);
}

/** The user's settings that only a start reads. */
export function staticSettings(stack: CompleteStack): Settings {
  return pick(stack.kafka.parameters, staticParameters);
}

/** Names that this operator sets on running brokers: of others it takes nothing away. */
export const managedSettings: readonly string[] = dynamicParameters;

/**
 * Heap in MiB: half of the memory, at most 6 GiB, as Kafka's own documentation advises. The rest is for the page cache,
 * which serves the consumers, and for what the JVM needs beside its heap.
 */
export function heapMebibytes(stack: CompleteStack): number {
  const limit = quantityToNumber(stack.kafka.resources.limits.memory) / mebibyte;
  return Math.min(6144, Math.max(192, Math.floor(limit / 2)));
}

/** Memory of the log cleaner in bytes; Kafka's default of 128 MiB does not fit into a small heap. */
export function cleanerBufferBytes(stack: CompleteStack): number {
  return Math.min(128, Math.max(8, Math.floor(heapMebibytes(stack) / 16))) * mebibyte;
}

function pick(settings: Settings, names: readonly string[]): Settings {
  return Object.fromEntries(
    Object.entries(settings)
      .filter(([name]) => names.includes(name))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}
