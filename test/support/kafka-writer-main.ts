/** The program behind `LabWriter` for Kafka: `node kafka-writer-main.ts <folder>`, in the network of the lab. */

import { connect } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import { retryFor } from '#chassis/kafka/client.ts';
import { EventWriter, readAll } from '../../operator/components/kafka/testing/writer.ts';
import { clusterResolver, readPlace, untilStopped } from './lab-place.ts';

const [folder = ''] = process.argv.slice(2);
const { bootstrapServers = '', username = '', password = '', dns = '' } = readPlace(folder);
const topic = 'audit';
const resolve = clusterResolver(dns);

const client = new Kafka({
  clientId: 'writer',
  brokers: bootstrapServers.split(','),
  sasl: { mechanism: 'scram-sha-512', username, password },
  logLevel: logLevel.NOTHING,
  connectionTimeout: 1000,
  retry: retryFor(60_000),
  socketFactory: ({ host, port, onConnect }) =>
    connect(
      {
        host,
        port,
        // This machine's resolver does not know the cluster's names.
        lookup: (name, _options, answer) =>
          void resolve(name).then(
            (addresses) =>
              answer(
                null,
                addresses.map((address) => ({ address, family: 4 })),
              ),
            (error: Error) => answer(error, []),
          ),
      },
      onConnect,
    ),
});

const writer = await EventWriter.start(client, topic);
await untilStopped(folder, () => writer.count);
const { acknowledged, ...rest } = await writer.stop();
const { lost } = await readAll(client, topic, 'order.test', acknowledged);
process.stdout.write(`${JSON.stringify({ ...rest, acknowledged: acknowledged.length, lost })}\n`);
process.exit(0);
