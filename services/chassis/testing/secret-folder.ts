/** A folder of secrets as a kubelet keeps it: all files are links into one folder, which is replaced as a whole. */
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

export interface SecretFolder {
  readonly path: string;
  /** Replaces all files at once by these: by variable the content. */
  replace(files: Readonly<Record<string, string>>): Promise<void>;
}

export async function makeSecretFolder(
  t: Pick<ExecutionContext, 'teardown'>,
  files: Readonly<Record<string, string>>,
): Promise<SecretFolder> {
  const path = await mkdtemp(join(tmpdir(), 'secrets-'));
  t.teardown(() => rm(path, { recursive: true }));
  let before: string | undefined;
  let count = 0;
  const replace = async (present: Readonly<Record<string, string>>): Promise<void> => {
    count += 1;
    const folder = `..version-${count}`;
    await mkdir(join(path, folder));
    for (const [name, text] of Object.entries(present)) await writeFile(join(path, folder, name), text);
    await symlink(folder, join(path, '..data_tmp'));
    await rename(join(path, '..data_tmp'), join(path, '..data'));
    for (const name of Object.keys(present))
      await symlink(join('..data', name), join(path, name)).catch(() => undefined);
    if (before !== undefined) await rm(join(path, before), { recursive: true });
    before = folder;
  };
  await replace(files);
  return { path, replace };
}
