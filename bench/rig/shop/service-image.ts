import { cp, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ServiceName } from '#contracts/services.ts';
import { parseDockerfile, splitAssignment } from '../../../lab/images/dockerfile.ts';
import { planImage } from '../../../lab/images/image-plan.ts';
import { run } from '../../../lab/programs/run.ts';
import { createScratchDirectory } from '../../../lab/programs/scratch.ts';
import { allocatorPackages, ensureSystemPackages } from '../../../lab/programs/system-packages.ts';
import { createProgress } from '../../../lab/progress.ts';
import { copyModules } from '../../../scripts/image-modules.ts';
import type { ServiceStart } from './service-program.ts';

/** Makes what the images of all services hold in one directory, by what the Dockerfile runs; tells how one is started. */
export async function copyServiceImage(): Promise<(service: ServiceName) => ServiceStart> {
  await ensureSystemPackages(allocatorPackages, createProgress());
  const directory = await createScratchDirectory();
  await copyModules(resolve('.'), 'services', join(directory, 'node_modules'));
  const program = ['scripts/image-program.ts', directory, 'services'];
  await run([process.execPath, '--disable-warning=ExperimentalWarning', ...program]);
  await cp('package.json', join(directory, 'package.json'));
  const dockerfile = parseDockerfile(await readFile('Dockerfile', 'utf8'));
  return (service) => {
    const plan = planImage(dockerfile, { target: 'service', buildArgs: { SERVICE: service }, bases: ['runtime'] });
    const { Entrypoint = [], Cmd = [], Env = [] } = plan.configure({});
    const [, ...words] = Entrypoint;
    if (words.length === 0) {
      throw new Error('the Dockerfile starts a service with ["node", <flags>, <file>]; it says something else now');
    }
    return {
      words: [...words, ...Cmd],
      directory: join(directory, 'services', service),
      environment: Object.fromEntries(Env.map(splitAssignment).map(([name, value = '']) => [name, value])),
    };
  };
}
