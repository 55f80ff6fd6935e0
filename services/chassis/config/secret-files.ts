/** Settings as files: a folder that holds one file per variable, named as the variable. */
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The variable that names the folder. It is the only one that no file can give. */
export const folderVariable = 'APP_SECRETS_DIR';

/** Text of each file by its name. */
export type SecretFiles = ReadonlyMap<string, string>;

/**
 * All files of the folder whose names begin with `APP_`, as of one moment. Throws when the folder or a file cannot be read.
 *
 * A kubelet replaces all files of a volume at once, by turning the link `..data` to another folder: behind that link nothing is
 * changed while it is being read. In a plain folder each file is what it is.
 */
export function readSecretFiles(folder: string): SecretFiles {
  const present = statSync(join(folder, '..data'), { throwIfNoEntry: false });
  const source = realpathSync(present === undefined ? folder : join(folder, '..data'));
  const names = readdirSync(source).filter((name) => name.startsWith('APP_'));
  return new Map(names.map((name) => [name, withoutLineEnd(readFileSync(join(source, name), 'utf8'))]));
}

/** Editors and `echo` end a file with a line end, which belongs to no secret. */
function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}
