import { dirname } from 'node:path';
import { cacheDirectory } from '../paths.ts';

/** The root of the project's checkout. */
export const projectRoot = dirname(dirname(import.meta.dirname));

/** Where everything of images is kept, keyed by content. */
export function imagesDirectory(...names: readonly string[]): string {
  return cacheDirectory('images', ...names);
}
