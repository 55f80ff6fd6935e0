import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
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
import { jdkPrograms, jreStage } from './jre.ts';
import { copyDependencies, mavenPrograms } from './maven.ts';

/** Dockerfile, start script, list of jars and our own Java: also what the plain process of tests is started with. */
export const elasticsearchDirectory = join(projectRoot, 'lab/images/elasticsearch');

/** The supported version that runs on the Java of the lab's images. */
export const elasticsearchVersion = '8.19.0';

/** A module of ours in the place of one that the official image has and that is published nowhere. */
interface OwnModule {
  readonly name: string;
  readonly className: string;
  readonly description: string;
}

const ownModules: readonly OwnModule[] = [
  { name: 'rest-root', className: 'lab.RestRootPlugin', description: 'What a node answers to GET /' },
  { name: 'analysis-common', className: 'lab.AnalysisPlugin', description: 'Token filters of the shop' },
];

const network: OwnModule = {
  name: 'transport-netty4',
  className: 'org.elasticsearch.transport.netty4.Netty4Plugin',
  description: 'HTTP and the transport between nodes',
};

const launcher = { name: 'launcher', className: 'lab.Launcher' };

const sources = ['pom.xml', ...[launcher, ...ownModules].map(sourceOf)];

/** The image of Elasticsearch: its published jars and our launcher on a Java runtime of our own. */
export async function elasticsearchImage(base: Image, step: Step): Promise<Image> {
  const file = parseDockerfile(await readFile(join(elasticsearchDirectory, 'Dockerfile'), 'utf8'));
  return composeImage(file, {
    target: 'elasticsearch',
    root: elasticsearchDirectory,
    buildArgs: {},
    images: { runtime: base },
    stages: { jre: await jreStage(step), server: await elasticsearchServerStage(step) },
  });
}

/** `lib` and `modules` of the installation: jars by Maven, our own Java by javac; half a minute once, then from the cache. */
export async function elasticsearchServerStage(step: Step): Promise<PreparedStage> {
  const key = contentKey(
    'elasticsearch-server',
    elasticsearchVersion,
    copyDependencies,
    ...[network, ...ownModules].map(describeModule),
    await filesKey(elasticsearchDirectory, sources),
  );
  return {
    key,
    prepare: () => cacheEntry(imagesDirectory('stages', key), (draft) => makeServer(draft, step)),
  };
}

async function makeServer(draft: string, step: Step): Promise<void> {
  const logPath = imagesDirectory('elasticsearch-server.log');
  step.log(logPath);
  const [lib, modules] = [join(draft, 'out/lib'), join(draft, 'out/modules')];
  step.detail('Maven fetches the jars of Elasticsearch');
  const options = [
    `-DoutputDirectory=${lib}`,
    '-DincludeScope=runtime',
    `-Delasticsearch.version=${elasticsearchVersion}`,
  ];
  const pom = join(elasticsearchDirectory, 'pom.xml');
  const maven = await findProgram('mvn', mavenPrograms);
  await run([maven, '--quiet', '--batch-mode', '--file', pom, copyDependencies, ...options], { logPath });
  step.detail('javac compiles the launcher and our modules');
  await compile(launcher, lib, { draft, lib, logPath });
  for (const module of ownModules) {
    await compile(module, join(modules, module.name), { draft, lib, logPath });
    await writeFile(join(modules, module.name, 'plugin-descriptor.properties'), describeModule(module));
  }
  await moveNetworkJars(lib, join(modules, network.name));
}

interface Workplace {
  readonly draft: string;
  /** Jars to compile against. */
  readonly lib: string;
  readonly logPath: string;
}

type JavaSource = Pick<OwnModule, 'name' | 'className'>;

function sourceOf({ name, className }: JavaSource): string {
  return `java/${name}/${className.replaceAll('.', '/')}.java`;
}

async function compile(one: JavaSource, folder: string, { draft, lib, logPath }: Workplace): Promise<void> {
  const [javac, jar] = [await findProgram('javac', jdkPrograms), await findProgram('jar', jdkPrograms)];
  const source = join(elasticsearchDirectory, sourceOf(one));
  const classes = join(draft, 'classes', one.name);
  await mkdir(folder, { recursive: true });
  await run([javac, '--release', '17', '-nowarn', '-cp', `${lib}/*`, '-d', classes, source], { logPath });
  // A fixed date: the same sources make the same jar.
  const date = '--date=2020-01-01T00:00:00Z';
  await run([jar, '--create', date, `--file=${join(folder, `${one.name}.jar`)}`, '-C', classes, '.'], { logPath });
}

/** Netty is loaded by the module's own class loader, as in the official layout. */
async function moveNetworkJars(lib: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const jars = (await readdir(lib)).filter((jar) => jar.startsWith('netty-') || jar.startsWith(`${network.name}-`));
  await Promise.all(jars.map((jar) => rename(join(lib, jar), join(folder, jar))));
  await writeFile(join(folder, 'plugin-descriptor.properties'), describeModule(network));
}

/** plugin-descriptor.properties: what the server asks of each folder of `modules`. */
function describeModule({ name, className, description }: OwnModule): string {
  return [
    `name=${name}`,
    `description=${description}`,
    `version=${elasticsearchVersion}`,
    `elasticsearch.version=${elasticsearchVersion}`,
    'java.version=17',
    `classname=${className}`,
    'extended.plugins=',
    'has.native.controller=false',
    '',
  ].join('\n');
}
