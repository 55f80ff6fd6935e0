import { type ServiceName, serviceNames } from '../complete-stack.ts';
import { type RequiredNeighbour, requiredNeighbours, upstreamVariable } from '../neighbours.ts';
import { profiles } from '../profiles.ts';
import { storeNames } from '../versions.ts';
import { absent, valueOr } from './expressions.ts';
import { celList, type RuleText } from './rules.ts';

/** Rules over several parts of `spec`: what may not change, and what profile Production refuses. */
export const specRules: readonly RuleText[] = [
  ...storeNames.flatMap((store) => [modeIsFixed(store), storageClassIsFixed(store)]),
  refuseInProduction('postgres', 'readReplicas', 1),
  refuseInProduction('redis', 'replicasPerShard', 1),
  refuseInProduction('kafka', 'brokers', 3),
  refuseInProduction('elasticsearch', 'nodes', 3),
  copiesNeedBrokers(),
  refuseSinglePod('replicas'),
  refuseSinglePod('autoscaling.minReplicas'),
  refuseSinglePod('autoscaling.maxReplicas'),
  ...requiredNeighbours.map(refuseMissingNeighbour),
  {
    cel: "self.deletionPolicy != 'Snapshot' || has(self.backup)",
    message: 'deletionPolicy Snapshot needs backup.destination: the last backup must go somewhere',
    field: '.deletionPolicy',
  },
  {
    cel: "self.deletionPolicy == 'Delete' || !has(self.deletionConfirmation)",
    message:
      'deletionConfirmation is only for deletionPolicy Delete (deletionPolicy is {self.deletionPolicy}): remove it',
    field: '.deletionConfirmation',
  },
];

/** Rules that need the name of the stack: the only metadata that rules can see. */
export const rootRules: readonly RuleText[] = [
  {
    cel: 'self.metadata.name.size() <= 40',
    message:
      'name "{self.metadata.name}" is too long: at most 40 characters, because the names of its parts grow from it',
    field: '.metadata.name',
  },
  {
    cel: "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    message:
      'name "{self.metadata.name}" is no DNS label: use lower-case letters, digits and "-", beginning with a letter, ending with a letter or digit',
    field: '.metadata.name',
  },
  {
    cel: "self.spec.deletionPolicy != 'Delete' || (has(self.spec.deletionConfirmation) && self.spec.deletionConfirmation == self.metadata.name)",
    message:
      'deletionPolicy Delete destroys all data of the stack: confirm it with deletionConfirmation: {self.metadata.name}',
    field: '.spec.deletionConfirmation',
  },
];

function modeIsFixed(store: string): RuleText {
  const [now, before] = [
    valueOr('self', `${store}.mode`, "'Builtin'"),
    valueOr('oldSelf', `${store}.mode`, "'Builtin'"),
  ];
  return {
    cel: `${now} == ${before}`,
    message: `{${now}} is not what the stack was made with ({${before}}): the mode is fixed, because data would stay behind; make a new stack and move the data`,
    field: `.${store}.mode`,
  };
}

function storageClassIsFixed(store: string): RuleText {
  const path = `${store}.storage.className`;
  const [now, before] = [valueOr('self', path, "''"), valueOr('oldSelf', path, "''")];
  return {
    cel: `${now} == ${before}`,
    message: `"{${now}}" is not what the stack was made with ("{${before}}"): volumes cannot change their storage class; make a new stack and move the data`,
    field: `.${path}`,
  };
}

/** The same as the rule of `spec.kafka` itself, for a manifest that leaves the number of brokers to the profile. */
function copiesNeedBrokers(): RuleText {
  const brokers = `(self.profile == 'Production' ? ${profiles.Production.kafka.brokers} : ${profiles.Development.kafka.brokers})`;
  const tooMany = `has(topic.replicationFactor) && topic.replicationFactor > ${brokers}`;
  return {
    cel: `${absent('kafka.topics')} || has(self.kafka.brokers) || self.kafka.mode == 'External' || !self.kafka.topics.exists(topic, ${tooMany})`,
    message: `topics {self.kafka.topics.filter(topic, ${tooMany}).map(topic, topic.name)} ask for more copies than profile {self.profile} has brokers ({${brokers}}): lower replicationFactor or set spec.kafka.brokers`,
    field: '.kafka.topics',
  };
}

function refuseInProduction(store: string, field: string, minimum: number): RuleText {
  const path = `self.${store}.${field}`;
  return {
    cel: `self.profile != 'Production' || ${absent(`${store}.${field}`)} || self.${store}.mode == 'External' || ${path} >= ${minimum}`,
    message: `${field} {${path}} is a single point of failure, which profile Production refuses: at least ${minimum}`,
    field: `.${store}.${field}`,
  };
}

function refuseSinglePod(field: string): RuleText {
  const service = 'self.services[name]';
  const isSingle = `has(self.services) && name in self.services && ${service}.enabled && !(${absent(field, service)} || ${service}.${field} >= 2)`;
  // Over our own list, because the API server goes over maps in random order.
  const names = celList(serviceNames);
  return {
    cel: `self.profile != 'Production' || !${names}.exists(name, ${isSingle})`,
    message: `{${names}.filter(name, ${isSingle})}: ${field} below 2 is a single point of failure, which profile Production refuses`,
    field: '.services',
  };
}

/**
 * A service whose neighbour is switched off would never start. Leaving it running with the address of nothing would be a
 * shop that says Ready and answers 503, so the manifest is refused; who has the neighbour elsewhere says where.
 */
function refuseMissingNeighbour({ service, neighbour }: RequiredNeighbour): RuleText {
  const stated = (name: ServiceName) => `has(self.services) && '${name}' in self.services`;
  const isOff = (name: ServiceName) => `(${stated(name)} && !self.services['${name}'].enabled)`;
  const variable = upstreamVariable(neighbour);
  const env = `self.services['${service}'].env`;
  return {
    cel: `!${isOff(neighbour)} || ${isOff(service)} || (${stated(service)} && has(${env}) && '${variable}' in ${env})`,
    message: `${neighbour}: enabled is false, but ${service} is on and cannot start without it: switch ${neighbour} on, switch ${service} off as well, or name another one in ${service}'s env as ${variable}`,
    field: '.services',
  };
}
