import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../programs/run.ts';
import type { Step } from '../provider.ts';
import { findProgram } from '../stores/programs.ts';
import { cacheEntry } from './cache-entry.ts';
import type { PreparedStage } from './compose.ts';
import { contentKey } from './content-key.ts';
import { imagesDirectory } from './directories.ts';

/** What the stores that run on Java ask for, and the tools that look into them (jcmd). */
const modules = [
  'java.base',
  'java.compiler',
  'java.desktop',
  'java.instrument',
  'java.logging',
  'java.management',
  'java.management.rmi',
  'java.naming',
  'java.net.http',
  'java.rmi',
  'java.scripting',
  'java.security.jgss',
  'java.security.sasl',
  'java.sql',
  'java.xml',
  'jdk.management',
  'jdk.unsupported',
  'jdk.net',
  'jdk.crypto.ec',
  'jdk.zipfs',
  'jdk.jcmd',
];

const options = ['--strip-debug', '--no-man-pages', '--no-header-files', '--compress=1'];

/** Debian's JDK: the release that both Kafka 4 and Elasticsearch 8 and 9 run on. */
export const jdkPrograms = { debianPackage: 'openjdk-17-jdk-headless', folders: async () => [] };

/**
 * A Java runtime with only the modules that stores need: half of Debian's package. `java` of the same JDK writes the
 * archive of its own classes (CDS), which every start of a server then maps instead of loading them.
 */
export async function jreStage(step: Step): Promise<PreparedStage> {
  const jlink = await findProgram('jlink', jdkPrograms);
  const key = contentKey('jre', await versionOf(jlink), ...options, ...modules);
  return {
    key,
    prepare: () =>
      cacheEntry(imagesDirectory('stages', key), async (draft) => {
        const logPath = imagesDirectory('jre.log');
        step.log(logPath);
        step.detail('jlink makes a Java runtime');
        const output = join(draft, 'out');
        await run([jlink, ...options, '--add-modules', modules.join(','), '--output', output], { logPath });
        // Links into a JDK that the image does not have.
        await rm(join(output, 'legal'), { recursive: true, force: true });
        await run([join(output, 'bin/java'), '-XX:+UseSerialGC', '-Xshare:dump'], { logPath });
      }),
  };
}

async function versionOf(jlink: string): Promise<string> {
  return `${dirname(jlink)} ${(await run([jlink, '--version'])).trim()}`;
}
