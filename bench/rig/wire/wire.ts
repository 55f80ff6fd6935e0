/** Reads what clients say in one protocol; made anew for each connection. */
export type WireReader = (chunk: Buffer) => readonly string[];

/**
 * Cuts a stream of bytes into messages. `take` says how long the message at the beginning is and what it asks for;
 * `undefined` as long as it is not complete.
 */
export function createWireReader(take: (bytes: Buffer) => WireMessage | undefined): WireReader {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const operations: string[] = [];
    for (let message = take(rest); message !== undefined; message = take(rest)) {
      rest = rest.subarray(message.length);
      operations.push(...message.operations);
    }
    return operations;
  };
}

/** One message of a client. */
export interface WireMessage {
  /** Bytes. */
  readonly length: number;
  /** Names of what it asks for; empty when it is about the connection. */
  readonly operations: readonly string[];
}
