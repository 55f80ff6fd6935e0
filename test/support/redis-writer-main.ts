/** The program behind `LabWriter` for Redis: `node redis-writer-main.ts <folder>`, in the network of the lab. */
import { Cluster } from 'ioredis';
import { listLost, startWriter } from '../../operator/components/redis/testing/data.ts';
import { clusterResolver, readPlace, untilStopped } from './lab-place.ts';

/** Between two writes, milliseconds: the stores that are tested beside it need the machine too. */
const pauseMs = 5;

const [folder = ''] = process.argv.slice(2);
const { nodes = '', username = '', password = '', dns = '' } = readPlace(folder);
const resolve = clusterResolver(dns);

const client = new Cluster(nodes.split(','), {
  dnsLookup: (name, answer) =>
    void resolve(name).then(
      ([address = '']) => answer(null, address),
      (error: Error) => answer(error, ''),
    ),
  clusterRetryStrategy: () => 100,
  slotsRefreshTimeout: 2000,
  redisOptions: { username, password, commandTimeout: 1000, connectTimeout: 1000 },
});
// Nodes come and go here on purpose; what fails is counted.
client.on('error', () => undefined);

const writer = startWriter(client, pauseMs);
await untilStopped(folder, writer.count);
const record = await writer.stop();
const lost = await listLost(client, record);
const { acknowledged, failed, worstGapMs } = record;
const attempts = writer.count() + failed;
process.stdout.write(
  `${JSON.stringify({ acknowledged: acknowledged.size, attempts, longestGapMs: Math.round(worstGapMs), lost })}\n`,
);
process.exit(0);
