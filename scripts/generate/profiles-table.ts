import { serviceNames } from '../../operator/api/v1beta1/complete-stack.ts';
import { type ProfileSizes, profiles, type ServiceSizes } from '../../operator/api/v1beta1/profiles.ts';
import { storeNames } from '../../operator/api/v1beta1/versions.ts';

/** What the profiles fill in, as two tables: the answer to "what do I get when I say nothing". */
export function renderProfiles(): readonly string[] {
  const { Development, Production } = profiles;
  return [
    '## Profiles',
    '',
    'What a field without a value gets. Amounts are request/limit per pod.',
    '',
    '| store | Development | Production |',
    '|---|---|---|',
    ...storeNames.map((name) => `| ${name} | ${storeCell(name, Development)} | ${storeCell(name, Production)} |`),
    '',
    '| service | Development | Production |',
    '|---|---|---|',
    ...serviceNames.map(
      (name) => `| ${name} | ${serviceCell(Development.services[name])} | ${serviceCell(Production.services[name])} |`,
    ),
    '',
  ];
}

const shapes: Readonly<Record<(typeof storeNames)[number], (sizes: ProfileSizes) => string>> = {
  postgres: ({ postgres }) => `primary: 1, read replicas: ${postgres.readReplicas}`,
  redis: ({ redis }) => `shards: ${redis.shards}, replicas of each: ${redis.replicasPerShard}`,
  kafka: ({ kafka }) => `brokers: ${kafka.brokers}`,
  elasticsearch: ({ elasticsearch }) => `nodes: ${elasticsearch.nodes}, heap ${elasticsearch.heapSize}`,
};

function storeCell(name: (typeof storeNames)[number], sizes: ProfileSizes): string {
  const { storageSize, resources } = sizes[name];
  return `${shapes[name](sizes)}; ${amounts(resources)}; volume ${storageSize}`;
}

function serviceCell({ replicas, resources, autoscaling }: ServiceSizes): string {
  const { enabled, minReplicas, maxReplicas, cpuPercent, memoryPercent } = autoscaling;
  const scale = enabled
    ? `${minReplicas}..${maxReplicas} pods at ${cpuPercent} % CPU, ${memoryPercent} % memory`
    : `${replicas} pod${replicas === 1 ? '' : 's'}`;
  return `${scale}; ${amounts(resources)}`;
}

function amounts({ requests, limits }: ServiceSizes['resources']): string {
  return `CPU ${requests.cpu}/${limits.cpu ?? 'none'}, memory ${requests.memory}/${limits.memory}`;
}
