/** `/api/v1/imports` and `/api/v1/exports` */
import { Readable } from 'node:stream';
import { z } from 'zod';
import { byteStream } from '#chassis/http/body.ts';
import { booleanParameter, integerParameter } from '#chassis/http/parameters.ts';
import type { Route } from '#chassis/http/route.ts';
import { ProblemError } from '#chassis/problem.ts';
import { findJob, listFailedRows } from '../store/imports.ts';
import { exportProducts } from '../transfer/export.ts';
import { csvType, ndjsonType } from '../transfer/read-rows.ts';
import { maximumRows, receiveRows } from '../transfer/receive.ts';
import { editors, type ProductDeps, route } from './deps.ts';
import { idParams } from './page-schemas.ts';

const tag = 'imports';

/** Of one part: what arrives within the time of a request. */
const maximumPartBytes = 67_108_864;
/** A request must arrive completely within this time, milliseconds. */
const partTimeoutMs = 30_000;

const count = z.int().min(0);

const jobSchema = z
  .strictObject({
    id: z.uuid(),
    isDryRun: z.boolean(),
    state: z
      .enum(['receiving', 'queued', 'running', 'done'])
      .meta({ description: '`receiving`: another part is to come.' }),
    rowsReceived: count.meta({ description: 'Lines or records that are kept; another part begins with the next one.' }),
    productsCreated: count.meta({ description: 'In a dry run: that would have been.' }),
    productsUpdated: count,
    productsFailed: count,
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ImportJob' });

const importQuery = z.strictObject({
  job: z
    .uuid()
    .optional()
    .meta({ description: 'Id of the job: chosen by the caller, or of one whose rows go on here. Absent: a new one.' }),
  firstRow: integerParameter(1, maximumRows)
    .optional()
    .meta({ description: 'Number of the first row of this part; the header of CSV does not count. Default 1.' }),
  more: booleanParameter.optional().meta({ description: 'Another part follows: the work does not begin yet.' }),
  dryRun: booleanParameter.optional().meta({ description: 'Check everything and change nothing.' }),
});

const start = route(
  {
    operationId: 'importProducts',
    method: 'POST',
    path: '/api/v1/imports',
    summary: 'Import products',
    description: [
      'NDJSON: a product as in `createProduct` on each line. CSV: a header, then one record per variant; the records of a product follow each other. Columns are `slug`, `title`, `description`, `status`, `categoryId`, `attributes` (JSON), `sku`, `options` (JSON), `barcode`, `weightGrams` and `prices` (`EUR 1999 2499; JPY 3200`: currency, amount and struck-out amount in minor units).',
      'A product whose slug is there already is changed: members that the row has, and its variants, which are matched by SKU and replaced as a whole. Rows that fail do not hold up the others.',
      'When the connection breaks, the rows before are kept: read the job and send the rest with `job` and `firstRow`. Rows that are there already are passed over, so sending too much does no harm.',
    ].join('\n\n'),
    tag,
    access: editors,
    query: importQuery,
    body: {
      schema: byteStream,
      description: 'The rows.',
      mediaTypes: [ndjsonType, csvType],
      limitBytes: maximumPartBytes,
      isStream: true,
    },
    responses: {
      202: { description: 'Kept.', schema: jobSchema, headers: { location: 'Address of the job.' } },
    },
    problems: ['import-out-of-step'],
    timeoutMs: partTimeoutMs,
  },
  async ({ query, body, identity }, deps) => {
    const part = {
      id: query.job ?? deps.newId(),
      isDryRun: query.dryRun ?? false,
      createdBy: identity?.subject,
      firstRow: query.firstRow ?? 1,
      hasMore: query.more ?? false,
    };
    const job = await receiveRows(deps.database, part, body);
    return { status: 202, json: job.json, headers: { location: `/api/v1/imports/${part.id}` } };
  },
);

const read = route(
  {
    operationId: 'getImport',
    method: 'GET',
    path: '/api/v1/imports/{id}',
    summary: 'Read an import job',
    description: 'Jobs are kept for 30 days.',
    tag,
    access: editors,
    params: idParams,
    responses: { 200: { description: 'The job.', schema: jobSchema } },
    problems: ['not-found'],
  },
  async ({ params }, deps) => {
    const job = await findJob(deps.database.primary, params.id);
    if (job === undefined) throw new ProblemError('not-found', `there is no import ${params.id}`);
    return { status: 200, json: job.json };
  },
);

const errorsSchema = z
  .strictObject({
    items: z.array(
      z
        .strictObject({
          row: z.int().min(1).meta({ description: 'Number of the line, or of the first record of the product.' }),
          errors: z.array(
            z.strictObject({ pointer: z.string().optional(), detail: z.string(), parameter: z.string().optional() }),
          ),
        })
        .meta({ id: 'ImportError' }),
    ),
    nextAfter: z
      .int()
      .nullable()
      .meta({ description: 'Send it as `after` for the next ones; null: these are the last.' }),
  })
  .meta({ id: 'ImportErrors' });

const readErrors = route(
  {
    operationId: 'listImportErrors',
    method: 'GET',
    path: '/api/v1/imports/{id}/errors',
    summary: 'List the rows of an import that failed',
    tag,
    access: editors,
    params: idParams,
    query: z.strictObject({
      after: integerParameter(0, maximumRows).optional().meta({ description: 'Only rows behind this one.' }),
      limit: integerParameter(1, 1000).optional().meta({ description: 'Default 100.' }),
    }),
    responses: { 200: { description: 'Failed rows in their order.', schema: errorsSchema } },
    problems: ['not-found'],
  },
  async ({ params, query: { after = 0, limit = 100 } }, deps) => {
    const { primary } = deps.database;
    const rows = await listFailedRows(primary, params.id, { after, limit: limit + 1 });
    if (rows.length === 0 && (await findJob(primary, params.id)) === undefined)
      throw new ProblemError('not-found', `there is no import ${params.id}`);
    const items = rows.slice(0, limit);
    return { status: 200, body: { items, nextAfter: rows.length > limit ? (items.at(-1)?.row ?? null) : null } };
  },
);

const mediaTypes = { ndjson: ndjsonType, csv: csvType } as const;

const exportAll = route(
  {
    operationId: 'exportProducts',
    method: 'GET',
    path: '/api/v1/exports',
    summary: 'Export all products',
    description:
      'In the form that an import takes, with regular prices; deleted products are left out. Sent as it is read, so that memory does not grow with the catalogue; a connection that breaks before the end is an incomplete export.',
    tag,
    access: editors,
    query: z.strictObject({ format: z.enum(['ndjson', 'csv']).default('ndjson') }),
    responses: {
      200: {
        description: 'The products.',
        mediaTypes: Object.values(mediaTypes),
        headers: { 'content-disposition': 'Name for the file.' },
      },
    },
  },
  async ({ query: { format } }, deps) => ({
    status: 200,
    stream: { mediaType: mediaTypes[format], source: Readable.from(exportProducts(deps.database.primary, format)) },
    headers: { 'content-disposition': `attachment; filename="products.${format}"` },
  }),
);

export const importRoutes: readonly Route<ProductDeps>[] = [start, read, readErrors, exportAll];
