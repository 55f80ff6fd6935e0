import type { Action } from '../../contract.ts';
import { type Right, toAcl } from '../acls.ts';
import { differingRights } from '../differences.ts';
import type { KafkajsAcl } from '../kafkajs.ts';
import type { Observed } from '../observed.ts';
import { detail, harmless, nothing, talk, upCluster } from './ports.ts';

/**
 * Lets each service do what the declaration says, and no more: rights that its user has beyond that are taken away.
 * Rights of other users are not looked at.
 */
export const rights: Action<Observed> = {
  name: 'SetRights',
  plan(observed, stack) {
    const cluster = upCluster(observed);
    if (cluster === undefined) {
      return nothing;
    }
    const { missing, surplus } = differingRights(cluster.facts, stack);
    const given = missing.map(toAcl);
    const taken = [...surplus.map((right: Right) => toAcl(right)), ...cluster.facts.strangeAcls];
    if (given.length + taken.length === 0) {
      return nothing;
    }
    const message = `Gives services ${given.length} rights and takes ${taken.length}.`;
    return harmless('ChangeRights', message, cluster.target, {
      given: given.map((acl) => ({ ...acl })),
      taken: taken.map((acl) => ({ ...acl })),
    });
  },
  async execute(step, ports) {
    const given = detail<readonly KafkajsAcl[]>(step, 'given');
    const taken = detail<readonly KafkajsAcl[]>(step, 'taken');
    await talk(step, ports, async (broker) => {
      if (given.length > 0) {
        await broker.createAcls({ acl: given });
      }
      if (taken.length > 0) {
        await broker.deleteAcls({ filters: taken });
      }
    });
  },
};
