/** The program behind `LabEventWriter`: `node kafka-writer-main.ts <folder>`, in the network of the lab. */

import { promises as dns } from 'node:dns';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
// For what it does to kafkajs: no warning of Node on each answer.
import '#chassis/kafka/client.ts';
import { EventWriter, readAll } from '../../operator/components/kafka/testing/writer.ts';

const [folder = ''] = process.argv.slice(2);
const place = JSON.parse(readFileSync(join(folder, 'place.json'), 'utf8'));
const topic = 'audit';
const resolver = new dns.Resolver({ timeout: 1000, tries: 2 });
resolver.setServers([place.dns]);

const client = new Kafka({
  clientId: 'writer',
  brokers: place.bootstrapServers.split(','),
  sasl: { mechanism: 'scram-sha-512', username: place.username, password: place.password },
  logLevel: logLevel.NOTHING,
  connectionTimeout: 1000,
  retry: { retries: 20, initialRetryTime: 100, maxRetryTime: 1000 },
  socketFactory: ({ host, port, onConnect }) =>
    connect(
      {
        host,
        port,
        // This machine's resolver does not know the cluster's names.
        lookup: (name, _options, answer) =>
          void resolver.resolve4(`${name}.cluster.local`).then(
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
while (!existsSync(join(folder, 'stop'))) {
  writeFileSync(join(folder, 'count'), String(writer.count));
  await new Promise((resolve) => setTimeout(resolve, 200));
}
const { acknowledged, ...rest } = await writer.stop();
const { lost } = await readAll(client, topic, 'order.test', acknowledged);
process.stdout.write(`${JSON.stringify({ ...rest, acknowledged: acknowledged.length, lost })}\n`);
process.exit(0);
