import { buildImages } from '../images/build.ts';
import { imageNames, storeImages } from '../images/catalog.ts';
import type { Cluster, Progress } from '../provider.ts';
import { importChanged } from './imported-images.ts';
import { operatorName } from './names.ts';
import { type DockerSupply, supplyByDocker } from './supply-docker.ts';

/** The chart's values that say where images come from. */
export interface ImageValues {
  readonly image: { readonly repository: string; readonly tag: string; readonly pullPolicy: string };
  readonly defaults: {
    readonly registry: string;
    readonly images: Readonly<Record<string, string>>;
    readonly versions: Readonly<Record<string, string>>;
  };
}

/** Images that the cluster's pods can start from. */
export interface Supply {
  /** Chart values; undefined when the operator's image was not among those asked for. */
  readonly values: ImageValues | undefined;
  /** References whose content is new to the cluster: pods that run them run something older. */
  readonly changed: readonly string[];
}

/** Which images to supply, and as what. */
export interface SupplyRequest {
  /** Short names (`operator`, `product`…); undefined means all that a stack needs. */
  readonly names?: readonly string[];
  /** Tag of the services' images. */
  readonly version: string;
}

/**
 * Builds images and brings them to where the cluster's nodes find them: into the nodes (lab, kind) or into the registry
 * that IMAGE_REGISTRY names (current). What the cluster has already is not brought again.
 */
export async function supplyImages(cluster: Cluster, request: SupplyRequest, progress: Progress): Promise<Supply> {
  return cluster.kind === 'lab'
    ? supplyArchives(cluster, request, progress)
    : supplyByDocker(cluster, dockerSupply(cluster, request), progress);
}

async function supplyArchives(cluster: Cluster, request: SupplyRequest, progress: Progress): Promise<Supply> {
  const names = request.names ?? (await imageNames());
  const images = await buildImages(names, progress, { version: request.version });
  const changed = await progress.step('import images', async (step) => {
    const imported = await importChanged(cluster, images);
    step.detail(imported.length === 0 ? 'the node has them all' : imported.join(' '));
    return imported;
  });
  const operator = images.find(({ name }) => name.includes(`/${operatorName}:`));
  return { changed, values: operator === undefined ? undefined : labValues(operator.name) };
}

function labValues(operatorImage: string): ImageValues {
  const separator = operatorImage.lastIndexOf(':');
  const stores = Object.entries(storeImages);
  return {
    image: {
      repository: operatorImage.slice(0, separator),
      tag: operatorImage.slice(separator + 1),
      pullPolicy: 'IfNotPresent',
    },
    defaults: {
      registry: 'localhost',
      images: storeImages,
      versions: Object.fromEntries(stores.map(([name, image]) => [name, image.slice(image.lastIndexOf(':') + 1)])),
    },
  };
}

function dockerSupply(cluster: Cluster, request: SupplyRequest): DockerSupply {
  const registry = process.env['IMAGE_REGISTRY'];
  if (cluster.kind === 'kind') {
    return { ...request, registry: 'localhost', delivery: 'import' };
  }
  if (registry === undefined || registry === '') {
    throw new Error(
      'CLUSTER=current needs IMAGE_REGISTRY, the registry and path that the cluster pulls from, ' +
        'for example IMAGE_REGISTRY=registry.example.com/shop; images are built and pushed there when a Docker engine is here',
    );
  }
  return { ...request, registry: registry.replace(/\/$/, ''), delivery: 'push' };
}
