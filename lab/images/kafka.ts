import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../programs/run.ts';
import type { Step } from '../provider.ts';
import { findProgram } from '../stores/programs.ts';
import { cacheEntry } from './cache-entry.ts';
import { composeImage, type PreparedStage } from './compose.ts';
import { contentKey, filesKey } from './content-key.ts';
import { imagesDirectory, projectRoot } from './directories.ts';
import { parseDockerfile } from './dockerfile.ts';
import type { Image } from './image.ts';
import { jreStage } from './jre.ts';
import { copyDependencies, mavenPrograms } from './maven.ts';

/** Dockerfile, scripts and the list of jars; also what the plain process of tests is started with. */
export const kafkaDirectory = join(projectRoot, 'lab/images/kafka');

/** The image of Kafka: its published jars on a Java runtime of our own. */
export async function kafkaImage(base: Image, step: Step): Promise<Image> {
  const file = parseDockerfile(await readFile(join(kafkaDirectory, 'Dockerfile'), 'utf8'));
  return composeImage(file, {
    target: 'kafka',
    root: kafkaDirectory,
    buildArgs: {},
    images: { runtime: base },
    stages: { jre: await jreStage(step), libs: await kafkaJarsStage(step) },
  });
}

/** The jars of pom.xml with all that they need, fetched by Maven: a minute once, then from the cache. */
export async function kafkaJarsStage(step: Step): Promise<PreparedStage> {
  const key = contentKey('kafka-jars', copyDependencies, await filesKey(kafkaDirectory, ['pom.xml']));
  return {
    key,
    prepare: () =>
      cacheEntry(imagesDirectory('stages', key), async (draft) => {
        const maven = await findProgram('mvn', mavenPrograms);
        const logPath = imagesDirectory('kafka-jars.log');
        step.log(logPath);
        step.detail('Maven fetches the jars of Kafka');
        const output = [`-DoutputDirectory=${join(draft, 'out')}`, '-DincludeScope=runtime'];
        const pom = join(kafkaDirectory, 'pom.xml');
        await run([maven, '--quiet', '--batch-mode', '--file', pom, copyDependencies, ...output], { logPath });
      }),
  };
}
