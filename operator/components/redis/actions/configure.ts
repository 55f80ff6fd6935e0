import type { JsonObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { Action, ActionPorts, Plan, Step } from '../../contract.ts';
import { liveOptions, type Options } from '../desired/options.ts';
import { servicesRules } from '../desired/secrets.ts';
import { servicesUser } from '../names.ts';
import type { BuiltinObserved, Observed } from '../observed.ts';
import type { Member } from '../topology.ts';
import { command, type NodeRef, refOfMember } from './nodes.ts';

/**
 * Sets what a running server takes over at once: options, and the password of the services' user. A new password joins
 * the old one, so that services roll over without a gap; the old one ends with the server's next start.
 */
export const configure: Action<Observed> = {
  name: 'Configure',
  plan(observed, stack) {
    return observed.mode === 'External' ? { kind: 'none' } : planConfiguration(observed, stack);
  },
  execute: executeConfiguration,
};

type ConfigureDetails = {
  readonly nodes: readonly { readonly node: NodeRef; readonly options: Options }[];
  /** Nodes that do not know the password yet, and its hash. */
  readonly users: readonly NodeRef[];
  readonly passwordHash: string;
};

function planConfiguration(observed: BuiltinObserved, stack: CompleteStack): Plan {
  const wanted = liveOptions(stack);
  const passwordHash = observed.passwordHashes?.services ?? '';
  const nodes = observed.topology.members.flatMap((member) => {
    const options = isCurrent(member, observed) ? differing(member, wanted) : {};
    return Object.keys(options).length === 0 ? [] : [{ node: refOfMember(member), options }];
  });
  const users = observed.topology.members.filter(({ users: known }) => !known[servicesUser]?.includes(passwordHash));
  if (nodes.length === 0 && users.length === 0) {
    return { kind: 'none' };
  }
  const details: ConfigureDetails = { nodes, users: users.map(refOfMember), passwordHash };
  return { kind: 'step', step: { name: 'SetOptions', message: describe(details), disruptive: false, details } };
}

/** A pod with an old template has the old memory limit too: its next start brings the new options. */
function isCurrent({ revision }: Member, { statefulSet }: BuiltinObserved): boolean {
  return revision !== undefined && revision === statefulSet?.updateRevision;
}

function differing(member: Member, wanted: Options): Options {
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => {
      const present = member.options[name];
      return present !== undefined && present !== value;
    }),
  );
}

function describe({ nodes, users }: ConfigureDetails): string {
  const names = [...new Set(nodes.flatMap(({ options }) => Object.keys(options)))].toSorted();
  const parts = [
    ...(names.length > 0 ? [`sets ${names.join(', ')} on ${nodes.length} nodes`] : []),
    ...(users.length > 0 ? [`adds the services' new password on ${users.length} nodes`] : []),
  ];
  return `The operator ${parts.join(' and ')}, without a restart.`;
}

async function executeConfiguration(step: Step, ports: ActionPorts): Promise<void> {
  const { nodes, users, passwordHash } = detailsOf(step.details);
  await Promise.all([
    ...nodes.map(({ node, options }) => command(ports, node, [['CONFIG', 'SET', ...Object.entries(options).flat()]])),
    ...users.map((node) =>
      command(ports, node, [['ACL', 'SETUSER', servicesUser, 'on', `#${passwordHash}`, ...servicesRules]]),
    ),
  ]);
}

function detailsOf(details: JsonObject): ConfigureDetails {
  // Written by `planConfiguration` above and handed back unchanged by the engine.
  return details as unknown as ConfigureDetails;
}
