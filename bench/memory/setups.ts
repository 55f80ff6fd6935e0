import { readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stripOperator } from './stripped-copy.ts';
import type { Setup } from './subject.ts';

/** V8 keeps three semi-spaces of up to 16 MiB for young objects; an operator that mostly waits needs less. */
const smallYoungGeneration = '--max-semi-space-size=1';

/** The operator as it is run, and with each means that saves memory added to the one before. */
export async function memorySetups(): Promise<readonly [plain: Setup, small: Setup, ...Setup[]]> {
  const directory = await stripOperator();
  const program = { directory, entry: 'operator/main.js' };
  const hook = await stripHook(directory);
  return [
    { what: 'as it is: node operator/main.ts' },
    { what: `+ ${smallYoungGeneration}`, flags: [smallYoungGeneration] },
    { what: '+ types stripped beforehand', flags: [smallYoungGeneration], program },
    { what: '+ without generated models and APIs', flags: [smallYoungGeneration, `--import=${hook}`], program },
    {
      what: '+ --optimize-for-size',
      flags: [smallYoungGeneration, `--import=${hook}`, '--optimize-for-size'],
      program,
    },
  ];
}

/** The hook as JavaScript beside the stripped operator, where it finds the same packages. */
async function stripHook(directory: string): Promise<string> {
  const source = await readFile(join(import.meta.dirname, 'without-generated-client.ts'), 'utf8');
  const path = join(directory, 'without-generated-client.js');
  await writeFile(path, stripTypeScriptTypes(source));
  return pathToFileURL(path).href;
}
