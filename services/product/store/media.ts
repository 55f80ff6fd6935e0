/** Pictures of products, and the bytes of those that were uploaded. */
import type { Database } from '#chassis/postgres/database.ts';
import { deleteBatch, deleteBatchSql } from '#chassis/postgres/delete-batch.ts';
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import type { MediaItem } from '../domain/product.ts';
import { type ChangeResult, changePart, type Target, type Writer } from './change.ts';

const clear = sql('media_clear', 'delete from media where product_id = $1');
const insert = sql(
  'media_insert',
  `insert into media (product_id, position, url, file_id, alt)
   select $1, position, url, "fileId", alt
   from jsonb_to_recordset($2) as w (position int, url text, "fileId" uuid, alt text)`,
);

/** Gives the product exactly these pictures, in this order. */
export function replaceMedia(writer: Writer, target: Target, items: readonly MediaItem[]): Promise<ChangeResult> {
  const rows = items.map((item, position) => ({ ...item, position }));
  return changePart(writer, target, {}, async (transaction) => {
    await transaction.rows(clear, [target.id]);
    await transaction.rows(insert, [target.id, JSON.stringify(rows)]);
  });
}

export interface MediaFile {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

const insertFile = sql('media_file_insert', 'insert into media_files (id, media_type, bytes) values ($1, $2, $3)');
const readFile = sql('media_file_read', 'select media_type as "mediaType", bytes from media_files where id = $1');

/** Keeps the file; it is forgotten when no product shows it. */
export async function storeFile(database: Database, id: string, { mediaType, bytes }: MediaFile): Promise<void> {
  await database.primary.rows(insertFile, [id, mediaType, bytes]);
}

/** The file with this id. */
export async function findFile(connection: Connection, id: string): Promise<MediaFile | undefined> {
  const [row] = await connection.rows<MediaFile>(readFile, [id]);
  return row;
}

/** Time from the upload to being shown, and how long a deleted product's pictures may be fetched at least. */
const purgeUnused = deleteBatchSql('media_files_purge', {
  table: 'media_files',
  where: `created_at < now() - make_interval(hours => $1) and not exists (select from media where media.file_id = media_files.id)`,
  orderBy: 'created_at',
  limit: '$2',
});

/** Hours that an uploaded file waits for a product that shows it. */
export const unusedFileHours = 24;

/** Removes files that no product shows; resolves with how many. */
export function purgeUnusedFiles(connection: Connection, limit: number): Promise<number> {
  return deleteBatch(connection, purgeUnused, [unusedFileHours, limit]);
}
