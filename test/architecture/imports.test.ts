import test from 'ava';
import { readSources, type SourceFile } from './source-files.ts';

/** A rule of the house: files that `applies` picks may import only what `allows` accepts. */
interface Rule {
  readonly title: string;
  /** What to do instead: the message of a violation. */
  readonly advice: string;
  applies(path: string): boolean;
  allows(imported: string, path: string): boolean;
}

const isProduction = (path: string) => !/\.(test|e2e)\.ts$/.test(path) && !path.includes('/testing/');
const inside =
  (...folders: readonly string[]) =>
  (path: string) =>
    folders.some((folder) => path.startsWith(folder));
const isOurs = inside('operator/', 'services/', 'lab/', 'scripts/', 'test/', 'bench/');
const unitOf = (path: string) => path.split('/').slice(0, 3).join('/');

const layers = [
  'operator/api/',
  'operator/kube/',
  'operator/runtime/',
  'operator/objects/',
  'operator/components/',
  'operator/engine/',
];

const rules: readonly Rule[] = [
  ...layers.map(
    (layer, index): Rule => ({
      title: `${layer} imports only layers below it`,
      advice: `Layers import downward only: ${layers.join(' < ')}. Move the shared piece down, or pass it in as a parameter.`,
      applies: (path) => path.startsWith(layer),
      allows: (imported) =>
        !isOurs(imported) ||
        inside(...layers.slice(0, index + 1))(imported) ||
        // What the services declare and the operator provides: a leaf that both import.
        (layer === 'operator/components/' && inside('services/contracts/')(imported)),
    }),
  ),
  {
    title: 'only operator/kube imports the Kubernetes client libraries',
    advice: 'Use KubeClient (operator/kube/kube-client.ts) or add what is missing there.',
    applies: (path) => path.startsWith('operator/') && !path.startsWith('operator/kube/'),
    allows: (imported) => !/^(@kubernetes\/client-node|@dot-i\/k8s-operator)/.test(imported),
  },
  {
    title: 'the engine knows no component by name',
    advice: 'The engine may import operator/components/contract.ts only; the registry reaches it as a parameter.',
    applies: inside('operator/engine/', 'operator/runtime/'),
    allows: (imported) =>
      !imported.startsWith('operator/components/') || imported === 'operator/components/contract.ts',
  },
  {
    title: 'the search knows its engine by ports only',
    advice:
      'Use the ports of SearchEngine (services/search/domain/engine.ts), or add to them what every engine can do. The engine is chosen in service.ts.',
    applies: (path) =>
      inside('services/search/')(path) && !inside('services/search/store/', 'services/search/service.ts')(path),
    allows: (imported) => !inside('services/search/store/', 'services/chassis/search/')(imported),
  },
  {
    title: 'components do not import each other',
    advice:
      "Share through operator/objects/, or read the other one's objects by the names in operator/objects/names.ts.",
    applies: (path) => path.startsWith('operator/components/') && path.split('/').length > 3,
    allows: (imported, path) =>
      !imported.startsWith('operator/components/') ||
      imported === 'operator/components/contract.ts' ||
      unitOf(imported) === unitOf(path),
  },
  {
    title: 'builders and judgements are pure: no client, no file, no clock',
    advice: 'Gather it in gather.ts and pass it in; builders and readiness take data and return data.',
    applies: (path) => /^operator\/components\/[^/]+\/(desired\/.*|readiness|report|topology)\.ts$/.test(path),
    allows: (imported) =>
      !/^(node:(fs|http|https|net|child_process|timers).*|undici|pg|ioredis|kafkajs|operator\/kube\/(?!live-object|kube-client).*)$/.test(
        imported,
      ),
  },
  {
    title: 'contracts are a leaf',
    advice: 'services/contracts is imported by everybody and imports nothing of ours.',
    applies: inside('services/contracts/'),
    allows: (imported) => !isOurs(imported) || imported.startsWith('services/contracts/'),
  },
  {
    title: 'the chassis imports no service',
    advice: 'What a service needs from the chassis is passed in by the service.',
    applies: inside('services/chassis/'),
    allows: (imported) => !isOurs(imported) || inside('services/chassis/', 'services/contracts/')(imported),
  },
  {
    title: 'services import themselves, the chassis and the contracts, never each other',
    advice: 'Call the other service over HTTP or by an event of services/contracts.',
    applies: (path) => /^services\/(?!chassis|contracts)[^/]+\//.test(path),
    allows: (imported, path) =>
      !isOurs(imported) ||
      inside('services/chassis/', 'services/contracts/', `${path.split('/').slice(0, 2).join('/')}/`)(imported),
  },
  {
    title: 'domain code imports domain code and contracts only',
    advice: 'Rules are values in, values out: no HTTP, no SQL, no clock.',
    applies: (path) => /^services\/[^/]+\/domain\//.test(path),
    allows: (imported, path) => {
      const domain = path.slice(0, path.indexOf('/domain/') + '/domain/'.length);
      return inside(domain, 'services/contracts/')(imported);
    },
  },
  {
    title: 'the lab knows neither operator nor services',
    advice: 'The lab runs whatever it is given; tests bring the two together.',
    applies: inside('lab/'),
    allows: (imported) => !inside('operator/', 'services/', 'test/', 'bench/')(imported),
  },
];

const sources = readSources('operator', 'services', 'lab').filter(({ path }) => isProduction(path));

for (const rule of rules) {
  test(rule.title, (t) => {
    const violations = sources
      .filter(({ path }) => rule.applies(path))
      .flatMap((source) =>
        source.imports.filter((one) => !rule.allows(one, source.path)).map((one) => `${source.path} imports ${one}`),
      );
    t.deepEqual(violations, [], rule.advice);
  });
}

test('process.env is read in config.ts files only', (t) => {
  const readers = sources
    .filter(({ path }) => !path.startsWith('lab/'))
    .filter((source: SourceFile) => /process\.env/.test(source.text))
    .map(({ path }) => path)
    .filter((path) => !path.endsWith('/config.ts'));
  t.deepEqual(readers, [], 'Add the setting to the config.ts of its process and pass it on as a value.');
});
