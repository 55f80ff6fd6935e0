/** The user service in tests: its keys, its events, and people who use it. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import pg from 'pg';
import type { Environment } from '#chassis/config/settings.ts';
import {
  type Answer,
  type CallOptions,
  type ServiceUnderTest,
  startUnderTest,
} from '#chassis/testing/service-under-test.ts';
import type { TestDatabases } from '#chassis/testing/test-database.ts';
import type { Role } from '#contracts/identity.ts';
import { emailKey } from '../domain/email.ts';
import { createPersonalData, type PersonalData, UnsealableError } from '../secrets/personal-data.ts';
import { parsePersonalDataKeys } from '../secrets/personal-data-keys.ts';
import { userService } from '../service.ts';
import { sealPayloads } from '../store/sealed-texts.ts';

/** A private key in PEM form. */
export function aSigningKey(bits = 2048): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The key of services under test unless the test gives its own. */
export const testSigningKey = aSigningKey();

/** A key of personal data. */
export function aPersonalDataKey(): string {
  return randomBytes(32).toString('base64url');
}

/** The key of services under test unless the test gives its own. */
export const testPersonalDataKey = aPersonalDataKey();

/** A password that the policy accepts. */
export const goodPassword = 'correct horse battery staple';

/** An event as it waits for the relay. */
export interface StoredEvent {
  /** Without what all have: `user.registered` for `shop.user.registered.v1`. */
  readonly type: string;
  readonly key: string;
  readonly data: Row;
}

export interface UserUnderTest extends ServiceUnderTest {
  /** What is in the outbox, in order; as of the last call that was answered. */
  readonly events: readonly StoredEvent[];
  /** The variables that lead to its database. */
  readonly environment: Environment;
  /** Looks into the database beside the service. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

// biome-ignore lint/suspicious/noExplicitAny: a test states what it expects of a row by its assertions
type Row = any;

/**
 * Starts the service on a database of its own, or on that of another one. With `APP_SECRETS_DIR` its keys are what files say; those of the
 * variables are then what the test looks into the database with.
 */
export async function startUser(
  t: ExecutionContext,
  databases: TestDatabases,
  changes: Environment = {},
): Promise<UserUnderTest> {
  const environment = changes['APP_POSTGRES_DATABASE'] === undefined ? await databases.create() : {};
  const all: Environment = {
    APP_IDENTITY_SIGNING_KEYS: testSigningKey,
    APP_PERSONAL_DATA_KEYS: testPersonalDataKey,
    ...environment,
    ...changes,
  };
  const personalData = personalDataOf(all);
  const events: StoredEvent[] = [];
  const isByFiles = all['APP_SECRETS_DIR'] !== undefined;
  const noKeys = { APP_IDENTITY_SIGNING_KEYS: '', APP_PERSONAL_DATA_KEYS: '' };
  const service = await startUnderTest(t, userService, { ...all, ...(isByFiles ? noKeys : {}) });
  const client = new pg.Client(databases.server.url(all['APP_POSTGRES_DATABASE'] ?? ''));
  await client.connect();
  t.teardown(() => client.end());
  const query = async (text: string, values: readonly unknown[] = []) => (await client.query(text, [...values])).rows;
  // One connection, which calls at the same moment take turns with.
  const reader = new pg.Pool({ connectionString: databases.server.url(all['APP_POSTGRES_DATABASE'] ?? ''), max: 1 });
  t.teardown(() => reader.end());
  // It has ended before its connection is closed, and the server may be stopped between the two.
  reader.on('error', () => undefined);
  const call: ServiceUnderTest['call'] = async (...request) => {
    const answer = await service.call(...request);
    // A test may have taken the table away.
    const { rows } = await reader
      .query('select event_id, type, key, payload from outbox order by id')
      .catch(() => ({ rows: [] }));
    events.splice(0, events.length, ...rows.flatMap((row) => toStoredEvents(personalData, row)));
    return answer;
  };
  return { ...service, call, events, environment: all, query };
}

/** None of one that another service sealed with a key that this one was not given. */
function toStoredEvents(personalData: PersonalData, { event_id, type, key, payload }: Row): readonly StoredEvent[] {
  try {
    const data = JSON.parse(sealPayloads(personalData).open(payload, event_id));
    return [{ type: type.replace(/^shop\.(.*)\.v1$/, '$1'), key, data }];
  } catch (error) {
    if (error instanceof UnsealableError) return [];
    throw error;
  }
}

/** What a service with this environment seals with. */
export function personalDataOf(environment: Environment): PersonalData {
  return createPersonalData(parsePersonalDataKeys(environment['APP_PERSONAL_DATA_KEYS'] ?? ''));
}

let count = 0;

/** An address that nobody else has. */
export function anEmail(): string {
  count += 1;
  return `person-${count}@example.org`;
}

/** The token of the newest event of this type. */
export function tokenOf(service: UserUnderTest, type: string): string {
  const event = service.events.findLast((candidate) => candidate.type === type);
  if (event?.data.token === undefined) throw new Error(`no event ${type} has a token`);
  return event.data.token;
}

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

/** Registers and verifies somebody. */
export async function aPerson(service: UserUnderTest, password = goodPassword): Promise<Person> {
  const email = anEmail();
  expect(await service.call('POST', '/api/v1/users', { body: { email, password, givenName: 'Ada' } }), 202);
  const token = tokenOf(service, 'user.verification-requested');
  expect(await service.call('POST', '/api/v1/auth/verify-email', { body: { token } }), 204);
  const lookup = personalDataOf(service.environment).lookup(emailKey(email));
  const [row] = await service.query('select id from users where email_key = $1', [lookup]);
  return { id: row.id, email, password };
}

/** The tokens of a new session. */
export async function signIn(service: UserUnderTest, person: Person): Promise<Answer['json']> {
  const body = { email: person.email, password: person.password };
  return expect(await service.call('POST', '/api/v1/auth/login', { body }), 200).json;
}

/** Calls as the gateway does for this person. */
export function as(person: Pick<Person, 'id'>, options: CallOptions = {}, roles: readonly Role[] = ['customer']) {
  return { ...options, subject: person.id, roles } satisfies CallOptions;
}

/** A body for `POST /api/v1/me/addresses`. */
export function anAddress(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { recipient: 'Ada L.', line1: 'Main street 1', city: 'Berlin', countryCode: 'DE', ...changes };
}

/** The answer, if it has the status. */
export function expect(answer: Answer, status: number): Answer {
  if (answer.status !== status) throw new Error(`${answer.status} instead of ${status}: ${answer.text}`);
  return answer;
}

/** Passwords that were hashed so far, and how often each statement ran that requests cause. */
async function workDone(service: UserUnderTest) {
  const text = await (await fetch(`${service.adminUrl}/metrics`)).text();
  const lines = text
    .split('\n')
    .filter((line) =>
      /^db_query_duration_seconds_count.*statement="(?!ping|newest|signing|purge|outbox_(?!append))/.test(line),
    );
  const statements = lines.map(
    (line) => [/statement="(\w+)"/.exec(line)?.[1], Number(line.split(' ').at(-1))] as const,
  );
  return { statements, hashes: Number(/^password_hashes_total\S* (\d+)/m.exec(text)?.[1]) };
}

/** What `work` costs: its statements by name, and the passwords that were hashed. */
export async function costOf(service: UserUnderTest, work: () => Promise<unknown>) {
  const before = await workDone(service);
  await work();
  const after = await workDone(service);
  const counts = new Map(before.statements);
  const used = after.statements.map(([name, count]) => ({ name, count: count - (counts.get(name) ?? 0) }));
  const statements = used.filter(({ count }) => count > 0).map(({ name, count }) => `${name} ${count}`);
  return { statements: statements.toSorted(), hashes: after.hashes - before.hashes };
}

/** By table: rows that are not sealed with the first key, or cannot be opened; nothing before the service has looked. */
export async function readGauges(
  service: Pick<UserUnderTest, 'adminUrl'>,
  which: 'outdated' | 'unreadable',
): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(`${service.adminUrl}/metrics`)).text();
  const lines = text.matchAll(new RegExp(`^personal_data_${which}_rows\\{.*table="(\\w+)".*\\} (\\d+)$`, 'gm'));
  return Object.fromEntries([...lines].map(([, table = '', rows]) => [table, Number(rows)]));
}
