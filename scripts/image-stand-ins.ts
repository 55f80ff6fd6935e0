/**
 * Small packages that the operator's image has in place of three large ones, for `@dot-i/k8s-operator` alone. That library
 * loads `@kubernetes/client-node` with its 970 generated modules (30 MiB in memory) and gaxios (3 MiB) as soon as it is
 * imported, and with them async (1 MiB); what it does with them stands in methods that `operator/kube/base-operator.ts` overrides. The packages lie in
 * its own node_modules, where Node looks first; the operator itself still finds the real client, and loads it when it is
 * given a kubeconfig.
 *
 * It imports nothing that is not part of Node, for the reason given in image-modules.ts.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The library whose imports they answer. */
export const standInFor = '@dot-i/k8s-operator';

const refusal = `
function refuse(name) {
  return () => {
    throw new Error(name + ' is not part of the operator image: BaseOperator overrides what uses it');
  };
}
`;

/** Package name to its CommonJS source; exports exactly the names that the library uses. */
export const standIns: Readonly<Record<string, string>> = {
  '@kubernetes/client-node': `${refusal}
// Made by the library's constructor, and never asked again.
exports.KubeConfig = class KubeConfig {
  loadFromDefault() {}
  makeApiClient() {}
};
exports.CoreV1Api = class CoreV1Api {};
exports.ApiextensionsV1Api = class ApiextensionsV1Api {};
exports.Watch = refuse('Watch');
exports.loadYaml = refuse('loadYaml');
`,
  // The library's queue of events: made by its constructor, fed by its watch.
  async: `${refusal}
exports.queue = () => ({ push: refuse('async.queue') });
`,
  gaxios: `${refusal}
exports.instance = { request: refuse('gaxios') };
`,
};

/**
 * Leaves zod English alone, which it speaks by default: its index loads fifty languages, 1.2 MiB in the memory of each service,
 * and our problem documents are in one.
 */
export async function keepOneLanguage(modules: string): Promise<void> {
  const locales = join(modules, 'zod/v4/locales');
  await writeFile(join(locales, 'index.js'), 'export { default as en } from "./en.js";\n');
  await writeFile(
    join(locales, 'index.cjs'),
    'Object.defineProperty(exports, "__esModule", { value: true });\nexports.en = require("./en.cjs").default;\n',
  );
}

/** Writes them into a node_modules that has the library. */
export async function writeStandIns(modules: string): Promise<void> {
  for (const [name, source] of Object.entries(standIns)) {
    const directory = join(modules, standInFor, 'node_modules', name);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'package.json'), JSON.stringify({ name, main: 'index.js', private: true }));
    await writeFile(join(directory, 'index.js'), source);
  }
}
