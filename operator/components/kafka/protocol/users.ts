import { pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { exchange, type KafkajsBroker } from '../kafkajs.ts';
import { AnswerReader, bytes, demandSuccess, int8, int32, list, request, struct, text } from './wire.ts';

/** Number of SCRAM-SHA-512 in Kafka's protocol. */
const scramSha512 = 2;
/** Error RESOURCE_NOT_FOUND: the user has no credential. */
const notFound = 91;

/** Iterations of each user's SCRAM-SHA-512 credential by name; users without one are absent. */
export function describeUsers(
  broker: KafkajsBroker,
  names: readonly string[],
): Promise<Readonly<Record<string, number>>> {
  const api = { key: 50, version: 0, name: 'DescribeUserScramCredentials' };
  const users = list(names.map((name) => struct(text(name))));
  return exchange(broker, api, request(users), readUsers);
}

function readUsers(answer: Buffer): Readonly<Record<string, number>> {
  const reader = new AnswerReader(answer);
  reader.int32();
  demandSuccess('DescribeUserScramCredentials', reader.int16(), reader.text());
  const users = reader.list(() =>
    reader.struct(() => {
      const name = reader.text() ?? '';
      const code = reader.int16();
      const message = reader.text();
      const credentials = reader.list(() =>
        reader.struct(() => ({ mechanism: reader.int8(), iterations: reader.int32() })),
      );
      if (code !== notFound) {
        demandSuccess('DescribeUserScramCredentials', code, message);
      }
      return credentials
        .filter(({ mechanism }) => mechanism === scramSha512)
        .map(({ iterations }) => [name, iterations] as const);
    }),
  );
  return Object.fromEntries(users.flat());
}

/** A user with its password and the number of iterations of its credential. */
export interface UserCredential {
  readonly name: string;
  readonly password: string;
  readonly iterations: number;
}

/** Creates users or gives them new passwords. */
export async function putUsers(broker: KafkajsBroker, users: readonly UserCredential[]): Promise<void> {
  const api = { key: 51, version: 0, name: 'AlterUserScramCredentials' };
  const upsertions = await Promise.all(users.map(encodeUser));
  await exchange(broker, api, request(list([]), list(upsertions)), readResults);
}

async function encodeUser({ name, password, iterations }: UserCredential): Promise<Buffer> {
  const salt = randomBytes(24);
  const salted = await promisify(pbkdf2)(password, salt, iterations, 64, 'sha512');
  return struct(text(name), int8(scramSha512), int32(iterations), bytes(salt), bytes(salted));
}

function readResults(answer: Buffer): void {
  const reader = new AnswerReader(answer);
  reader.int32();
  reader.list(() =>
    reader.struct(() => {
      const name = reader.text();
      demandSuccess(`a password for the user ${name}`, reader.int16(), reader.text());
    }),
  );
}
