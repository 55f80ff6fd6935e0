import type { Action } from '../../contract.ts';
import { differingSettings } from '../differences.ts';
import type { Observed } from '../observed.ts';
import { alterConfigs, configResources } from '../protocol/configs.ts';
import { detail, harmless, nothing, talk, upCluster } from './ports.ts';

/** Sets what running brokers take over at once, for all of them together; restarts nothing. */
export const settings: Action<Observed> = {
  name: 'Configure',
  plan(observed, stack) {
    const cluster = upCluster(observed);
    const changes = cluster === undefined ? {} : differingSettings(cluster.facts, stack);
    const names = Object.keys(changes);
    if (cluster === undefined || names.length === 0 || cluster.facts.settingsRefusal !== undefined) {
      return nothing;
    }
    const set = Object.fromEntries(
      Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    );
    const reset = names.filter((name) => changes[name] === undefined);
    const message = `Sets ${names.join(', ')} on running brokers, without a restart.`;
    return harmless('SetOptions', message, cluster.target, { set, reset });
  },
  async execute(step, ports) {
    const values = {
      ...detail<Readonly<Record<string, string>>>(step, 'set'),
      ...Object.fromEntries(detail<readonly string[]>(step, 'reset').map((name) => [name, undefined])),
    };
    await talk(step, ports, (broker) => alterConfigs(broker, [{ type: configResources.broker, name: '', values }]));
  },
};
