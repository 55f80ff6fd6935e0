import test from 'ava';
import { describeSettings, loadSettings, SettingsError, setting } from './settings.ts';
import { hostPorts, oneOf, origin, text, wholeNumber } from './values.ts';

const groups = {
  http: {
    port: setting({ variable: 'APP_PORT', schema: wholeNumber(0, 65_535), fallback: '3002', description: 'Port.' }),
    level: setting({ variable: 'APP_LEVEL', schema: oneOf(['low', 'high']), fallback: 'low', description: 'Level.' }),
  },
  store: {
    nodes: setting({ variable: 'APP_NODES', schema: hostPorts, description: 'Nodes.' }),
    secret: setting({ variable: 'APP_SECRET', schema: text(8, 64), secret: true, description: 'Secret.' }),
    extra: setting({ variable: 'APP_EXTRA', schema: text(1, 9).optional(), description: 'Extra.' }),
  },
} as const;

const good = { APP_NODES: 'a:1, b:2', APP_SECRET: 'long enough', HOME: '/root' };

test('settings are read, defaulted and frozen', (t) => {
  const settings = loadSettings(groups, good);
  t.deepEqual(settings, {
    http: { port: 3002, level: 'low' },
    store: { nodes: ['a:1', 'b:2'], secret: 'long enough', extra: undefined },
  });
  t.throws(() => Object.assign(settings.http, { port: 1 }));
  t.throws(() => Object.assign(settings.store.nodes, { 0: 'c:3' }));
});

test('all faults are in one message, and no secret', (t) => {
  const environment = {
    APP_PORT: '70000',
    APP_LEVEL: 'middle',
    APP_SECRET: 'short',
    APP_NODEZ: 'a:1',
    APP_ZZZZZZZZZ: '1',
  };
  const error = t.throws(() => loadSettings(groups, environment), { instanceOf: SettingsError });
  t.deepEqual(error?.faults, [
    'APP_NODEZ is not a setting of this service; did you mean APP_NODES?',
    'APP_ZZZZZZZZZ is not a setting of this service',
    'APP_PORT="70000": must be a whole number from 0 to 65535',
    'APP_LEVEL="middle": must be one of low, high',
    'APP_NODES is not set: Nodes.',
    'APP_SECRET (value hidden): must have at least 8 characters',
  ]);
  t.false(error?.message.includes('short'));
});

test('an empty variable counts as not set', (t) => {
  t.is(loadSettings(groups, { ...good, APP_PORT: '' }).http.port, 3002);
});

test('a command that needs only some groups still knows the others', (t) => {
  const settings = loadSettings({ http: groups.http }, { ...good, APP_PORT: '1' }, groups);
  t.is(settings.http.port, 1);
});

test('the table says what is required', (t) => {
  const table = describeSettings(groups);
  t.true(table.includes('| `APP_PORT` | `3002` | Port. |'));
  t.true(table.includes('| `APP_NODES` | **required** | Nodes. |'));
  t.true(table.includes('| `APP_EXTRA` | none | Extra. |'));
});

test('an upstream address has no path', (t) => {
  t.true(origin.safeParse('http://shop-product:3002').success);
  for (const value of ['shop-product:3002', 'http://a/b', 'http://a/', 'ftp://a', 'http://u:p@a']) {
    t.false(origin.safeParse(value).success, value);
  }
});
