import { exchange, type KafkajsBroker } from '../kafkajs.ts';
import { AnswerReader, demandSuccess, int8, list, request, struct, text } from './wire.ts';

/** Numbers of resource types in requests about configuration. */
export const configResources = { topic: 2, broker: 4 } as const;

/** Changes of one topic's or broker's configuration; what is not named stays. */
export interface ConfigChange {
  readonly type: number;
  /** Of a broker: its id, or empty for all brokers. */
  readonly name: string;
  /** `undefined` goes back to the default. */
  readonly values: Readonly<Record<string, string | undefined>>;
}

const set = 0;
const remove = 1;

/** IncrementalAlterConfigs: kafkajs only has the older request, which resets everything that it does not name. */
export function alterConfigs(
  broker: KafkajsBroker,
  changes: readonly ConfigChange[],
  options: { readonly validateOnly: boolean } = { validateOnly: false },
): Promise<void> {
  const api = { key: 44, version: 1, name: 'IncrementalAlterConfigs' };
  return exchange(
    broker,
    api,
    request(list(changes.map(encodeChange)), int8(options.validateOnly ? 1 : 0)),
    readResults,
  );
}

function encodeChange({ type, name, values }: ConfigChange): Buffer {
  const entries = Object.entries(values).map(([key, value]) =>
    struct(text(key), int8(value === undefined ? remove : set), text(value)),
  );
  return struct(int8(type), text(name), list(entries));
}

function readResults(answer: Buffer): void {
  const reader = new AnswerReader(answer);
  reader.int32();
  reader.list(() =>
    reader.struct(() => {
      const code = reader.int16();
      const message = reader.text();
      reader.int8();
      demandSuccess(`a setting of "${reader.text()}"`, code, message);
    }),
  );
}
