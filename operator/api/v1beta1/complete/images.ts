import type { CompletionInput, InstallationDefaults } from '../complete.ts';
import type { ServiceName } from '../complete-stack.ts';
import { type StoreName, storeVersions } from '../versions.ts';

/**
 * Version that the stack asks for: stated, else what it runs already, else the installation's, else ours. A newer
 * operator has newer defaults, and they must not upgrade the data of stacks that never asked for it.
 */
export function storeVersion(store: StoreName, { object, installation }: CompletionInput): string {
  const running = object.status?.effective?.stores[store]?.version;
  return object.spec[store]?.version ?? running ?? installationVersion(store, installation);
}

/** Image of a store: override, else the installation's for that version, else the official one. */
export function storeImage(store: StoreName, input: CompletionInput): string {
  const { object, installation } = input;
  const stated = object.spec.images?.overrides?.[store];
  return (
    stated ??
    installationImage(store, input) ??
    officialImage(store, storeVersion(store, input), registryOf(object, installation))
  );
}

/** Image and tag of a service. */
export function serviceImage(
  name: ServiceName,
  { object, installation }: CompletionInput,
): { image: string; version: string } {
  const { spec } = object;
  const stated = spec.services?.[name]?.image ?? spec.images?.overrides?.[name];
  const wanted = spec.services?.[name]?.version;
  if (stated === undefined) {
    const version = wanted ?? spec.version;
    return { image: `${registryOf(object, installation)}/${name}-service:${version}`, version };
  }
  const tag = tagOf(stated);
  const version = wanted ?? tag ?? spec.version;
  return { image: tag === undefined && !stated.includes('@') ? `${stated}:${version}` : stated, version };
}

function registryOf({ spec }: CompletionInput['object'], installation: InstallationDefaults): string {
  return spec.images?.registry ?? installation.registry;
}

function installationVersion(store: StoreName, installation: InstallationDefaults): string {
  return installation.versions[store] ?? storeVersions[store].default;
}

function installationImage(store: StoreName, input: CompletionInput): string | undefined {
  const image = input.installation.images[store];
  const version = storeVersion(store, input);
  if (image?.includes('{version}') === true) {
    return image.replaceAll('{version}', version);
  }
  return version === installationVersion(store, input.installation) ? image : undefined;
}

/** PostgreSQL is our own image: the official one has no Patroni. */
function officialImage(store: StoreName, version: string, registry: string): string {
  const repositories: Readonly<Record<StoreName, string>> = {
    postgres: `${registry}/ecommerce-postgres`,
    redis: 'redis',
    kafka: 'apache/kafka',
    elasticsearch: 'elasticsearch',
  };
  return `${repositories[store]}:${version}`;
}

/** A colon after the last slash begins a tag; one before it belongs to a port. */
function tagOf(image: string): string | undefined {
  const [name = ''] = image.split('@');
  const last = name.slice(name.lastIndexOf('/') + 1);
  const colon = last.indexOf(':');
  return colon === -1 ? undefined : last.slice(colon + 1);
}
