/** Which services can play dead letters back. Apart from the doing, which loads Kafka's client: not every service has that in memory. */
import { isServiceName, type ServiceName } from '#contracts/services.ts';
import { topicsConsumedBy } from '#contracts/topics.ts';
import type { SettingGroups } from '../config/settings.ts';

export const replayCommand = 'replay-dead-letters';

/** The service that has the command: it handles events and is told where Kafka is. */
export function replayerOf(definition: {
  readonly name: string;
  readonly settings: SettingGroups;
}): ServiceName | undefined {
  const { name, settings } = definition;
  if (!('kafka' in settings) || !isServiceName(name)) return undefined;
  return topicsConsumedBy(name).length > 0 ? name : undefined;
}
