import type { ClusterProvider } from '../provider.ts';
import { bringDown } from './down.ts';
import { findHealthy } from './health.ts';
import { labPaths } from './lab-paths.ts';
import { assertPossible, bringUp } from './up.ts';

/** The name of the lab when nobody names one. */
export const defaultLabName = 'shop';

/** The embedded Kubernetes of this machine: Linux, root, no Docker. Refuses a name that no lab can have. */
export function createLabProvider(name: string = defaultLabName): ClusterProvider {
  labPaths(name);
  return {
    kind: 'lab',
    up: (progress) => bringUp(name, progress),
    down: async (progress) => {
      assertPossible();
      await bringDown(name, progress);
    },
    find: () => findHealthy(name),
  };
}
