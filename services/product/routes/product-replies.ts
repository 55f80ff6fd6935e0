/** What the operations that change a product answer. */
import type { Reply, RouteDeclaration } from '#chassis/http/route.ts';
import { refused } from '#chassis/problem.ts';
import type { ChangeResult } from '../store/change.ts';
import { productETag } from './etags.ts';
import { productSchema } from './schemas.ts';

export const etagHeader = { etag: 'Version of the product; send it as `If-Match` to change it.' };
export const mergePatch = ['application/merge-patch+json'];

/** 200 with the product. */
export const changed: RouteDeclaration['responses'] = {
  200: { description: 'Changed.', schema: productSchema, headers: etagHeader },
};

/** The product after the change; throws what it was refused for. */
export function toReply(result: ChangeResult, status: number, locationOf?: (id: string) => string): Reply {
  if (result.state === 'refused') throw refused(result.refusal);
  const location = locationOf === undefined ? {} : { location: locationOf(result.id) };
  return { status, json: result.json, headers: { etag: productETag(result), ...location } };
}
