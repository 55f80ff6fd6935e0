import type { ApiReader } from './api-request.ts';
import { waitFor } from './wait.ts';

const establishedTimeoutMs = 30_000;

type Kubectl = (args: readonly string[]) => Promise<string>;

/**
 * Applies files of CustomResourceDefinitions and resolves when the API server serves each of their versions: only
 * `Established` is not enough, a client may still see 404 for a moment.
 */
export async function installCrds(paths: readonly string[], kubectl: Kubectl, api: ApiReader): Promise<void> {
  const files = paths.flatMap((path) => ['-f', path]);
  const applied = await kubectl(['apply', '--server-side', '-o', 'name', ...files]);
  const names = applied.split('\n').filter((name) => name.startsWith('customresourcedefinition.'));
  if (names.length === 0) {
    throw new Error(`no CustomResourceDefinition in ${paths.join(', ')}`);
  }
  await kubectl(['wait', '--for=condition=Established', `--timeout=${establishedTimeoutMs}ms`, ...names]);
  await Promise.all(names.map((name) => waitUntilServed(name.replace(/^[^/]*\//, ''), api)));
}

async function waitUntilServed(name: string, api: ApiReader): Promise<void> {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
  // `as`: the shape of the API, apiextensions.k8s.io/v1.
  const { spec } = JSON.parse(await api.get(path)) as {
    readonly spec: {
      readonly group: string;
      readonly names: { readonly plural: string };
      readonly versions: readonly { readonly name: string; readonly served: boolean }[];
    };
  };
  const collections = spec.versions
    .filter((version) => version.served)
    .map((version) => `/apis/${spec.group}/${version.name}/${spec.names.plural}?limit=1`);
  await waitFor(
    `${name} is served`,
    async () => {
      await Promise.all(collections.map((collection) => api.get(collection)));
      return true;
    },
    { timeoutMs: establishedTimeoutMs },
  );
}
