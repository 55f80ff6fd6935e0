import type { Action, Plan } from '../../contract.ts';
import { heldPod, settingNames } from '../markers.ts';
import type { BuiltinObserved, Observed } from '../observed.ts';
import { findAway } from '../safety.ts';
import { harmless, nothing, setSettings, upCluster } from './ports.ts';
import { findOutdated } from './roll.ts';

/**
 * Lets copies of shards be placed again after a restart that they were held for. Planned from the note in the cluster's
 * own settings, so an operator that died after holding them, or during the restart, finds it.
 */
export const release: Action<Observed> = {
  name: 'ReleaseAllocation',
  plan(observed) {
    const cluster = upCluster(observed);
    const held = cluster === undefined ? undefined : heldPod(cluster.facts);
    if (cluster === undefined || held === undefined || !isOver(cluster.observed, held)) {
      return nothing;
    }
    const away = findAway(cluster.observed, cluster.facts);
    // A pod that cannot come back must not keep the others from making its copies.
    const isHopeless = cluster.observed.pods.some(({ isBroken }) => isBroken);
    return away === undefined || isHopeless ? releaseStep(held.name, cluster.target) : nothing;
  },
  async execute(step, ports) {
    await setSettings(step, ports, { [settingNames.allocation]: null, [settingNames.heldFor]: null });
  },
};

/** The pod that they were held for has been replaced, or does not have to be any more. */
function isOver(observed: BuiltinObserved, { name, uid }: { readonly name: string; readonly uid: string }): boolean {
  const present = observed.pods.find((pod) => pod.name === name);
  const isOutdated = findOutdated(observed).some((pod) => pod.name === name);
  return present?.uid !== uid || (!present.isDeleting && !isOutdated);
}

function releaseStep(pod: string, target: Parameters<typeof harmless>[2]): Plan {
  return harmless('ReleaseAllocation', `Lets copies of shards be placed again after the restart of ${pod}.`, target);
}
