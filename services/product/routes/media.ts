/** Pictures of products. */
import { Readable } from 'node:stream';
import { z } from 'zod';
import { byteStream } from '#chassis/http/body.ts';
import type { Route } from '#chassis/http/route.ts';
import { ProblemError } from '#chassis/problem.ts';
import { imageTypes, sniffImage } from '../domain/image-type.ts';
import { findFile, replaceMedia, storeFile } from '../store/media.ts';
import { editors, type ProductDeps, route } from './deps.ts';
import { parseProductIfMatch } from './etags.ts';
import { mediaSchema } from './fields.ts';
import { idParams } from './page-schemas.ts';
import { changed, toReply } from './product-replies.ts';

const tag = 'media';

/** Of one file: a large picture for a shop. The database says the same. */
const maximumFileBytes = 1_048_576;

const upload = route(
  {
    operationId: 'uploadMedia',
    method: 'POST',
    path: '/api/v1/media',
    summary: 'Upload a picture',
    description:
      'PNG, JPEG, WebP, GIF or AVIF up to 1 MiB; what the bytes are decides, and must be what `Content-Type` says. A file that no product shows is forgotten after a day.',
    tag,
    access: editors,
    body: {
      schema: byteStream,
      description: 'The bytes of the picture.',
      mediaTypes: imageTypes,
      limitBytes: maximumFileBytes,
      isStream: true,
    },
    responses: {
      201: {
        description: 'Stored.',
        schema: z.strictObject({ id: z.uuid(), url: z.string() }).meta({ id: 'MediaFile' }),
        headers: { location: 'Address of the picture.' },
      },
    },
  },
  async ({ body }, deps) => {
    const chunks: Buffer[] = [];
    for await (const chunk of body.chunks) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const mediaType = sniffImage(bytes);
    if (mediaType !== body.mediaType) {
      const found = mediaType ?? 'no picture that is known here';
      throw new ProblemError('unsupported-media-type', `Content-Type is ${body.mediaType}; the bytes are ${found}`);
    }
    const id = deps.newId();
    await storeFile(deps.database, id, { mediaType, bytes });
    const url = `/api/v1/media/${id}`;
    return { status: 201, body: { id, url }, headers: { location: url } };
  },
);

const read = route(
  {
    operationId: 'getMedia',
    method: 'GET',
    path: '/api/v1/media/{id}',
    summary: 'Read an uploaded picture',
    description: 'A file never changes; caches may keep it for a year.',
    tag,
    access: 'public',
    params: idParams,
    responses: { 200: { description: 'The bytes.', mediaTypes: imageTypes } },
    problems: ['not-found'],
  },
  async ({ params }, deps) => {
    // From the primary: an upload is shown at once, and caches carry the load.
    const file = await findFile(deps.database.primary, params.id);
    if (file === undefined) throw new ProblemError('not-found', `there is no file ${params.id}`);
    return {
      status: 200,
      stream: { mediaType: file.mediaType, source: Readable.from([file.bytes]) },
      headers: {
        'content-length': String(file.bytes.length),
        'cache-control': 'public, max-age=31536000, immutable',
      },
    };
  },
);

const replace = route(
  {
    operationId: 'replaceMedia',
    method: 'PUT',
    path: '/api/v1/products/{id}/media',
    summary: 'Replace the pictures of a product',
    description: 'In the order in which they are shown: uploaded files and addresses elsewhere.',
    tag,
    access: editors,
    params: idParams,
    body: { schema: mediaSchema, description: 'All pictures.' },
    precondition: 'if-match',
    responses: changed,
    problems: ['not-found'],
  },
  async ({ params, body, ifMatch }, deps) => {
    const target = { id: params.id, version: parseProductIfMatch(ifMatch) };
    return toReply(await replaceMedia(deps, target, body.media), 200);
  },
);

export const mediaRoutes: readonly Route<ProductDeps>[] = [upload, read, replace];
