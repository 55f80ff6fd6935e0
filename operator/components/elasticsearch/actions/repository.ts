import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import type { Action, Plan } from '../../contract.ts';
import type { Observed } from '../observed.ts';
import { everyNodeHas } from '../report.ts';
import { wantedRepository } from '../repository.ts';
import { s3Module } from '../server-parts.ts';
import { detail, harmless, nothing, talk, upCluster } from './ports.ts';

/** Registers the bucket of the backups as a snapshot repository, where the image can write to S3. */
export const repository: Action<Observed> = {
  name: 'RegisterRepository',
  plan: planRepository,
  async execute(step, ports) {
    const path = `/_snapshot/${detail<string>(step, 'name')}?verify=true`;
    const body = { type: 's3', settings: detail<Record<string, string>>(step, 'settings') };
    await talk(step, ports, { method: 'PUT', path, body });
  },
};

function planRepository(observed: Observed, stack: CompleteStack): Plan {
  const cluster = upCluster(observed);
  const wanted = wantedRepository(stack);
  if (cluster === undefined || wanted === undefined || !everyNodeHas(cluster.facts, s3Module)) {
    return nothing;
  }
  const { name, settings } = wanted;
  const found = cluster.facts.repositories[name];
  const isThere =
    found?.type === 's3' && Object.entries(settings).every(([key, value]) => found.settings[key] === value);
  return isThere
    ? nothing
    : harmless('RegisterRepository', `Registers the bucket ${settings['bucket']} for snapshots.`, cluster.target, {
        name,
        settings: { ...settings },
      });
}
