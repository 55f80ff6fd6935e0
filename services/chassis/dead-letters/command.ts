/** Carries out the word `replay-dead-letters` of a service that handles events. */
import type { ServiceName } from '#contracts/services.ts';
import { topicsConsumedBy } from '#contracts/topics.ts';
import { kafkaSettings, processSettings } from '../config/base.ts';
import { type Environment, loadSettings, type SettingGroups } from '../config/settings.ts';
import { openKafka } from '../kafka/client.ts';
import { openProducer } from '../kafka/producer.ts';
import { createLogger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import { parseReplayArguments } from './arguments.ts';
import { type ReplayResult, replayDeadLetters } from './replay.ts';

export interface ReplayHost {
  readonly words: readonly string[];
  readonly environment: Environment;
  readonly write: (text: string) => void;
}

/** Opens Kafka only: letters are played back while other stores are away, and by a process beside the serving ones. */
export async function runReplay(service: ServiceName, known: SettingGroups, host: ReplayHost): Promise<ReplayResult> {
  const request = parseReplayArguments(host.words, topicsConsumedBy(service));
  const groups = { process: processSettings, kafka: kafkaSettings };
  const { process, kafka: settings } = loadSettings(groups, host.environment, known);
  const logger = createLogger({ service, version: process.version, level: process.logLevel });
  const client = openKafka(settings, { service, logger });
  const producer = openProducer(client, settings, createMetrics(service, process.version));
  try {
    return await replayDeadLetters(request, { service, client, producer, tell: (line) => host.write(`${line}\n`) });
  } finally {
    await producer.close();
  }
}
