/** All of an answer's body, or `undefined` as soon as it is longer than `maximumBytes`; the rest is not read then. */
export async function readUpTo(body: AsyncIterable<Buffer>, maximumBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maximumBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
