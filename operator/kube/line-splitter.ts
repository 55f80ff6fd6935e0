/** Longest line accepted, bytes: etcd refuses objects above 1.5 MiB, so anything near this is not a watch event. */
const maxLineBytes = 16 * 1024 * 1024;
const newline = 0x0a;

/**
 * Cuts a stream of bytes into lines. Works on bytes, because a chunk may end inside a UTF-8 character, and decodes
 * whole lines only.
 */
export class LineSplitter {
  #parts: Buffer[] = [];
  #bytes = 0;

  /** The lines that this chunk completes, empty ones left out; throws when one never ends. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const line = this.#take(chunk.subarray(start, end));
      if (line !== '') {
        lines.push(line);
      }
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  #take(tail: Buffer): string {
    if (this.#bytes === 0) {
      return tail.toString('utf8');
    }
    const line = Buffer.concat([...this.#parts, tail], this.#bytes + tail.length).toString('utf8');
    this.#parts = [];
    this.#bytes = 0;
    return line;
  }

  #keep(rest: Buffer): void {
    if (rest.length === 0) {
      return;
    }
    this.#parts.push(rest);
    this.#bytes += rest.length;
    if (this.#bytes > maxLineBytes) {
      throw new Error(`a watch event of more than ${maxLineBytes} bytes; the server is not the API server`);
    }
  }
}
