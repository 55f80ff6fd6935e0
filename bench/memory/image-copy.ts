import { cp, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseDockerfile, splitAssignment } from '../../lab/images/dockerfile.ts';
import { planImage } from '../../lab/images/image-plan.ts';
import { run } from '../../lab/programs/run.ts';
import { createScratchDirectory } from '../../lab/programs/scratch.ts';
import { allocatorPackages, ensureSystemPackages } from '../../lab/programs/system-packages.ts';
import { createProgress } from '../../lab/progress.ts';
import { copyModules } from '../../scripts/image-modules.ts';
import type { Environment } from '../rig/pod-identity.ts';

/** The operator as the image has it. */
export interface ImageCopy {
  readonly directory: string;
  /** Relative to the directory. */
  readonly entry: string;
  /** Flags of Node that the image starts it with. */
  readonly flags: readonly string[];
  /** Variables that the image sets. */
  readonly environment: Environment;
}

/** Makes the operator's part of the image in a directory, by what the Dockerfile runs, and reads how it is started. */
export async function copyImage(): Promise<ImageCopy> {
  await ensureSystemPackages(allocatorPackages, createProgress());
  const directory = await createScratchDirectory();
  await copyModules(resolve('.'), 'operator', join(directory, 'node_modules'));
  const program = ['scripts/image-program.ts', directory, 'services/contracts', 'operator'];
  await run([process.execPath, '--disable-warning=ExperimentalWarning', ...program]);
  await cp('package.json', join(directory, 'package.json'));
  const plan = planImage(parseDockerfile(await readFile('Dockerfile', 'utf8')), {
    target: 'operator',
    bases: ['runtime'],
  });
  const { Entrypoint = [], Env = [] } = plan.configure({});
  const [, ...words] = Entrypoint;
  const entry = words.pop();
  if (entry === undefined) {
    throw new Error('the Dockerfile starts the operator with ["node", <flags>, <file>]; it says something else now');
  }
  return {
    directory,
    entry,
    flags: words,
    environment: Object.fromEntries(Env.map(splitAssignment).map(([name, value = '']) => [name, value])),
  };
}
