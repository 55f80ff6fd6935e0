import test from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import { reportElasticsearch } from './report.ts';
import { aSearchStack, nodeName, observeNodes } from './testing/model.ts';

const node = {
  name: nodeName(0),
  version: '8.19.0',
  modules: ['x-pack-security', 'repository-s3'],
  maxMapCount: 65_530,
};
const s3 = { bucket: 'backups', credentialsSecretRef: { name: 's3' } };

test('the guarantee says what the shape survives and what the image lacks', (t) => {
  t.regex(
    reportElasticsearch(observeNodes(3), aSearchStack(3)).guarantee ?? '',
    /loss of one stops nothing.*no security/,
  );
  const backedUp = aCompleteStack({ backup: { destination: { s3 } } });
  t.regex(reportElasticsearch(observeNodes(1), backedUp).guarantee ?? '', /One node.*cannot write snapshots/);
  const official = observeNodes(1, { facts: { nodes: [{ ...node, diskUsed: 0.1 }] } });
  const { guarantee = '' } = reportElasticsearch(official, backedUp);
  t.regex(guarantee, /log in with a password/);
  t.notRegex(guarantee, /snapshots/);
});

test('identity and version are those of the running cluster, once it has them', (t) => {
  t.like(reportElasticsearch(observeNodes(3), aSearchStack(3)), { identity: 'uuid', version: '8.19.0' });
  const young = observeNodes(1, { facts: { clusterUuid: '_na_' } });
  t.is(reportElasticsearch(young, aSearchStack(1)).identity, undefined);
});

test('production is warned of machines that let too little be mapped, and of full disks', (t) => {
  const facts = { nodes: [{ ...node, diskUsed: 0.9 }] };
  const production = aCompleteStack({ profile: 'Production' });
  const warnings = reportElasticsearch(observeNodes(1, { facts }), production).warnings ?? [];
  t.deepEqual(
    warnings.map(({ reason }) => reason),
    ['MapCountLow', 'DiskNearlyFull'],
  );
  t.regex(warnings[0]?.message ?? '', /65530.*262144/);
  t.is(reportElasticsearch(observeNodes(1, { facts }), aSearchStack(1)).warnings, undefined);
});
