import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { makeSecretFolder } from '../testing/secret-folder.ts';
import { type Environment, liveSetting, loadSettings, openSettings, SettingsError, setting } from './settings.ts';
import { port, text } from './values.ts';

const groups = {
  process: {
    folder: setting({ variable: 'APP_SECRETS_DIR', schema: text(1, 99).optional(), description: 'Folder.' }),
  },
  store: {
    host: setting({ variable: 'APP_HOST', schema: text(1, 99), description: 'Host.' }),
    port: setting({ variable: 'APP_PORT', schema: port, fallback: '1', description: 'Port.' }),
    username: liveSetting({ variable: 'APP_USERNAME', schema: text(1, 9), description: 'User.' }),
    password: liveSetting({ variable: 'APP_PASSWORD', schema: text(8, 99), secret: true, description: 'Password.' }),
  },
  other: {
    key: liveSetting({ variable: 'APP_KEY', schema: text(8, 99).optional(), secret: true, description: 'Key.' }),
  },
} as const;

const files = { APP_HOST: 'a', APP_USERNAME: 'ada', APP_PASSWORD: 'first-password' };

async function open(t: ExecutionContext, given: Readonly<Record<string, string>>, environment: Environment = {}) {
  const folder = await makeSecretFolder(t, given);
  const opened = openSettings(groups, { APP_SECRETS_DIR: folder.path, ...environment });
  const { settings } = opened;
  const reload = () => opened.reload?.() ?? t.fail('there are files');
  return {
    ...folder,
    settings,
    reload,
    login: () => [settings.store.username.current, settings.store.password.current],
  };
}

test('any setting can be a file, a variable wins over it, and the line end is not part of it', async (t) => {
  const { settings } = await open(
    t,
    { ...files, APP_PASSWORD: 'with a line end\n', APP_PORT: '7\r\n', APP_KEY: '' },
    { APP_HOST: 'b', APP_USERNAME: '' },
  );
  t.deepEqual([settings.store.host, settings.store.port], ['b', 7]);
  t.is(settings.store.password.current, 'with a line end');
  t.is(settings.store.username.current, 'ada', 'an empty variable counts as not set');
  t.is(settings.other.key.current, undefined, 'and so does an empty file');
});

test('files of a plain folder are read as well, others than settings are nobody’s business', async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'secrets-'));
  t.teardown(() => rm(path, { recursive: true }));
  for (const [name, content] of Object.entries({ ...files, README: 'hello' }))
    await writeFile(join(path, name), content);
  t.is(loadSettings(groups, { APP_SECRETS_DIR: path }).store.host, 'a');
});

test('faults name the file and never show what is in it', async (t) => {
  const folder = await makeSecretFolder(t, { APP_PORT: 'secret-port', APP_PASSWORD: 'short', APP_USERNAMEE: 'ada' });
  const error = t.throws(() => loadSettings(groups, { APP_SECRETS_DIR: folder.path }), { instanceOf: SettingsError });
  t.deepEqual(error?.faults, [
    'the file APP_USERNAMEE is not a setting of this service; did you mean APP_USERNAME?',
    'APP_HOST is not set: Host.',
    `APP_PORT (file ${folder.path}/APP_PORT, value hidden): must be a whole number from 0 to 65535`,
    'APP_USERNAME is not set: User.',
    `APP_PASSWORD (file ${folder.path}/APP_PASSWORD, value hidden): must have at least 8 characters`,
  ]);
});

test('a folder that cannot be read is a fault', (t) => {
  const error = t.throws(() => loadSettings(groups, { APP_SECRETS_DIR: '/nowhere', APP_HOST: 'a' }));
  t.regex(error?.message ?? '', /APP_SECRETS_DIR="\/nowhere": ENOENT/);
});

test('a live value is the new one after the kubelet has turned its link; nothing else changes', async (t) => {
  const { replace, reload, login, settings } = await open(t, files);
  t.deepEqual(reload(), { applied: [], waiting: [], faults: [] });
  await replace({ ...files, APP_USERNAME: 'grace', APP_PASSWORD: 'second-password' });
  t.deepEqual(login(), ['ada', 'first-password'], 'nobody has looked yet');
  t.deepEqual(reload(), { applied: ['APP_USERNAME', 'APP_PASSWORD'], waiting: [], faults: [] });
  t.deepEqual(login(), ['grace', 'second-password']);
  t.deepEqual(reload(), { applied: [], waiting: [], faults: [] });
  t.throws(() => Object.assign(settings.store.password, { current: 'x' }));
});

test('a value that is not valid keeps the old ones of its group, is told once and without the value', async (t) => {
  const { path, replace, reload, login, settings } = await open(t, files);
  await replace({ ...files, APP_USERNAME: 'grace', APP_PASSWORD: 'bad', APP_KEY: 'another-key' });
  t.deepEqual(reload(), {
    applied: ['APP_KEY'],
    waiting: [],
    faults: [`APP_PASSWORD (file ${path}/APP_PASSWORD, value hidden): must have at least 8 characters`],
  });
  t.deepEqual(login(), ['ada', 'first-password']);
  t.is(settings.other.key.current, 'another-key');
  t.deepEqual(reload(), { applied: [], waiting: [], faults: [] });
  await replace({ ...files, APP_USERNAME: 'grace', APP_PASSWORD: 'second-password', APP_KEY: 'another-key' });
  t.deepEqual(reload().applied, ['APP_USERNAME', 'APP_PASSWORD']);
});

test('a login stays with the address that it is for', async (t) => {
  const { replace, reload, login } = await open(t, files);
  await replace({ ...files, APP_HOST: 'b', APP_PASSWORD: 'password-of-b' });
  t.deepEqual(reload(), { applied: [], waiting: ['APP_HOST', 'APP_PASSWORD'], faults: [] });
  t.deepEqual(login(), ['ada', 'first-password']);
  await replace({ ...files, APP_PASSWORD: 'second-password' });
  t.deepEqual(reload().applied, ['APP_PASSWORD']);
});

test('a file that is gone is a fault when its setting is required, and nothing changes', async (t) => {
  const { replace, reload, login } = await open(t, files);
  await replace({ APP_HOST: 'a', APP_USERNAME: 'ada' });
  t.deepEqual(reload().faults, ['APP_PASSWORD is not set: Password.']);
  t.deepEqual(login(), ['ada', 'first-password']);
});

test('what a variable says does not change with its file', async (t) => {
  const { replace, reload, login } = await open(t, files, { APP_PASSWORD: 'of-the-variable' });
  await replace({ ...files, APP_PASSWORD: 'second-password' });
  t.deepEqual(reload().applied, []);
  t.deepEqual(login(), ['ada', 'of-the-variable']);
});
