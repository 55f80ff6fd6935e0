/** What kind of picture bytes are, by what is in them: names and headers may say anything. */

/** Pictures that browsers show and that cannot carry scripts; SVG can. The database says the same. */
export const imageTypes = ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif'] as const;
export type ImageType = (typeof imageTypes)[number];

interface Signature {
  readonly type: ImageType;
  /** Bytes as latin1 text, by their place. */
  readonly parts: readonly (readonly [offset: number, text: string])[];
}

const signatures: readonly Signature[] = [
  { type: 'image/png', parts: [[0, '\x89PNG\r\n\x1a\n']] },
  { type: 'image/jpeg', parts: [[0, '\xff\xd8\xff']] },
  {
    type: 'image/webp',
    parts: [
      [0, 'RIFF'],
      [8, 'WEBP'],
    ],
  },
  { type: 'image/gif', parts: [[0, 'GIF87a']] },
  { type: 'image/gif', parts: [[0, 'GIF89a']] },
  { type: 'image/avif', parts: [[4, 'ftypavif']] },
  { type: 'image/avif', parts: [[4, 'ftypavis']] },
];

/** The kind of the picture; nothing when it is none of them. */
export function sniffImage(bytes: Buffer): ImageType | undefined {
  const head = bytes.subarray(0, 32).toString('latin1');
  return signatures.find(({ parts }) => parts.every(([offset, text]) => head.startsWith(text, offset)))?.type;
}
