import type { Action, Plan } from '../../contract.ts';
import { controllerPort, podHost } from '../names.ts';
import type { Observed } from '../observed.ts';
import { addVoter, removeVoter, type VoterChange } from '../protocol/quorum.ts';
import { findDeadVote, findVoteless } from '../quorum-members.ts';
import { detail, harmless, nothing, talk, upCluster } from './ports.ts';

/**
 * Keeps the controllers' quorum equal to the nodes: takes away the vote of a volume that is gone, and gives one to a
 * node that was added or came back with an empty volume. One change per step: Kafka allows no two at a time.
 */
export const votes: Action<Observed> = {
  name: 'SetVotes',
  plan: planVotes,
  async execute(step, ports) {
    const change = detail<VoterChange>(step, 'change');
    const host = podHost(ports.stack, change.id);
    await talk(step, ports, (broker) =>
      step.name === 'AddVote'
        ? addVoter(broker, { ...change, host, port: controllerPort })
        : removeVoter(broker, change),
    );
  },
};

function planVotes(observed: Observed): Plan {
  const cluster = upCluster(observed);
  if (cluster === undefined) {
    return nothing;
  }
  const { facts, target } = cluster;
  const dead = findDeadVote(facts);
  if (dead !== undefined) {
    const change = { clusterId: facts.clusterId, id: dead.id, directoryId: dead.directoryId };
    const message = `Takes the vote of the lost volume of node ${dead.id} away; the node follows with a new one.`;
    return harmless('RemoveVote', message, target, { change });
  }
  const voteless = findVoteless(facts, cluster.observed);
  if (voteless === undefined) {
    return nothing;
  }
  const change = { clusterId: facts.clusterId, id: voteless.id, directoryId: voteless.directoryId };
  return harmless('AddVote', `Gives the controller of node ${voteless.id} a vote.`, target, { change });
}
