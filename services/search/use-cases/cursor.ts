/** Cursors of search results: signed, because a view's id in it is passed on to the engine. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { derive, type Live } from '#chassis/config/live.ts';
import { ProblemError } from '#chassis/problem.ts';
import type { Place } from '../domain/product-finder.ts';

export interface CursorCodec {
  /** `list` describes question and order: the cursor is for these only. */
  encode(list: unknown, place: Place): string;
  /** Throws `invalid-cursor` when it is not one of ours or belongs to another question. */
  decode(list: unknown, text: string): Place;
}

const contentSchema = z.strictObject({
  list: z.string(),
  after: z.array(z.union([z.string(), z.number(), z.null()])).min(1),
  view: z.string().optional(),
});

const signatureBytes = 16;

/** The first of `keys` signs, all verify; both are keys for something else, so they are not used as they are. */
export function createCursorCodec(keys: Live<readonly string[]>): CursorCodec {
  const derived = derive(keys, (present) =>
    present.map((key) => createHmac('sha256', key).update('search cursor').digest()),
  );
  const sign = (key: Buffer, content: Buffer): Buffer =>
    createHmac('sha256', key).update(content).digest().subarray(0, signatureBytes);
  return {
    encode: (list, { after, view }) => {
      const [key] = derived.current;
      if (key === undefined) throw new Error('no key to sign cursors with');
      const content = Buffer.from(
        JSON.stringify({ list: digest(list), after, ...(view === undefined ? {} : { view }) }),
      );
      return Buffer.concat([sign(key, content), content]).toString('base64url');
    },
    decode: (list, text) => {
      const bytes = Buffer.from(text, 'base64url');
      const [signature, content] = [bytes.subarray(0, signatureBytes), bytes.subarray(signatureBytes)];
      const isOurs =
        signature.length === signatureBytes &&
        derived.current.some((key) => timingSafeEqual(sign(key, content), signature));
      if (!isOurs) throw new ProblemError('invalid-cursor', 'it is not a cursor of this shop');
      const { after, view, list: digested } = contentSchema.parse(JSON.parse(content.toString('utf8')));
      if (digested !== digest(list))
        throw new ProblemError('invalid-cursor', 'it belongs to another question or sort order');
      return { after, view };
    },
  };
}

function digest(list: unknown): string {
  return createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 11);
}
