/** Identifiers of our own rows and events. */
import { randomFillSync } from 'node:crypto';

/**
 * A UUID version 7 (RFC 9562): starts with the time, so that new rows go to the end of an index and ids sort by creation.
 * `random` gives 10 bytes; the default is the system's generator.
 */
export function uuidv7(nowMs: number = Date.now(), random: Uint8Array = randomFillSync(new Uint8Array(10))): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
