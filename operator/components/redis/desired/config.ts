import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { hashOf } from '../../../objects/hash.ts';
import { ownedMetadata } from '../../../objects/metadata.ts';
import { redisComponent, redisNames } from '../names.ts';
import { fixedOptions, liveOptions, type Options } from './options.ts';
import { aliveScript, type Paths, readyScript, startScript } from './scripts.ts';

/** Where things are inside the container; `/data` is the contract of the official image. */
export const containerPaths: Paths = { data: '/data', config: '/etc/redis', users: '/etc/redis-users' };

/** redis.conf and the scripts of the container. */
export function buildConfig(stack: CompleteStack): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: ownedMetadata(stack, redisComponent, redisNames(stack).config),
    data: configFiles(stack, containerPaths),
  };
}

/** The files by name, for any place that they may be mounted at. */
export function configFiles(stack: CompleteStack, paths: Paths): Record<string, string> {
  return {
    'redis.conf': `${renderOptions({ ...fixedOptions(paths), ...liveOptions(stack) })}include ${paths.users}/auth.conf\n`,
    'start.sh': startScript(paths),
    'ready.sh': readyScript(paths),
    'alive.sh': aliveScript(),
  };
}

/**
 * Hash of what only a start can change. The scripts are not part of it: a new operator version with a better script
 * must not restart every store.
 */
export function fixedConfigHash(): string {
  return hashOf(fixedOptions(containerPaths));
}

function renderOptions(options: Options): string {
  return Object.entries(options)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');
}
