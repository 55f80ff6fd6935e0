import { randomBytes } from 'node:crypto';
import test from 'ava';
import { loadSettings, SettingsError } from '#chassis/config/settings.ts';
import { userSettings } from '../settings.ts';
import { createPersonalData, UnsealableError } from './personal-data.ts';
import { parsePersonalDataKeys } from './personal-data-keys.ts';

const aKey = () => randomBytes(32).toString('base64url');
const withKeys = (...keys: readonly string[]) => createPersonalData(parsePersonalDataKeys(keys.join(',')));
const text = 'ada@example.org, Straße 1';

test('what is sealed opens in its place only, and no bit of it can be changed', (t) => {
  const personalData = withKeys(aKey());
  const sealed = personalData.seal('users.sealed/1', text);
  t.is(personalData.open('users.sealed/1', sealed), text);
  t.notDeepEqual(personalData.seal('users.sealed/1', text), sealed, 'twice the same is not seen to be the same');
  t.throws(() => personalData.open('users.sealed/2', sealed), {
    instanceOf: UnsealableError,
    message: /another place/,
  });
  for (let position = 0; position < sealed.length; position += 1) {
    const changed = Buffer.from(sealed);
    changed[position] = (changed[position] ?? 0) ^ 1;
    const error = t.throws(() => personalData.open('users.sealed/1', changed), { instanceOf: UnsealableError });
    t.is(error?.reason, position < 6 ? 'unknown-key' : 'altered');
  }
  for (const length of [0, 5, 6, 18, 33, sealed.length - 1])
    t.throws(() => personalData.open('users.sealed/1', sealed.subarray(0, length)), { instanceOf: UnsealableError });
});

test('the first key seals, all of them open and look up', (t) => {
  const [one, two] = [aKey(), aKey()];
  const [before, during, after] = [withKeys(one), withKeys(two, one), withKeys(two)];
  const old = before.seal('a', text);
  t.is(during.open('a', old), text);
  t.is(after.open('a', during.seal('a', text)), text);
  t.throws(() => after.open('a', old), { message: new RegExp(`^a is sealed with key ${before.keyIds[0]}, which`) });
  t.deepEqual(during.keyIds, [...after.keyIds, ...before.keyIds]);
  t.deepEqual(during.lookups(text), [after.lookup(text), before.lookup(text)]);
  t.is(during.lookup(text), after.lookup(text));
  t.not(after.lookup(text), before.lookup(text));
});

test('what a release has sealed the next one opens: the format stays', (t) => {
  const personalData = withKeys('0123456789abcdefghijklmnopqrstuvwxyzABCDEFG');
  t.deepEqual(personalData.keyIds, ['7ca87cef9d54']);
  t.is(personalData.lookup('ada@example.org'), 'efjTBVW8-HuE3VY03IVBbMRfLZNleAWDuLbmXLrYDRg');
  t.is(
    personalData.open('users.sealed/1', Buffer.from('fKh8751UhIIy1ap6schj3PS84cQ///ZwUV9kv4wZfUK3LnNG7w==', 'base64')),
    'Ada',
  );
});

test('keys that are no good end the start, and the message has nothing of them', (t) => {
  const key = aKey();
  for (const [keys, part] of [
    ['short', 'key 1 must have 43 to 128 characters of A-Z, a-z, 0-9, - and _'],
    [`${key},`, 'key 2 must have 43 to 128 characters'],
    [`${key}=`, 'key 1 must have 43 to 128 characters'],
    [`${key},${'ab'.repeat(30)}`, 'key 2 must be random: it has fewer than 16 different characters'],
    [`${key},${key}`, 'must hold each key once'],
    [[aKey(), aKey(), aKey(), key].join(','), 'must hold 1 to 3 keys, separated by commas'],
  ] as const) {
    const load = () => loadSettings({ personalData: userSettings.personalData }, { APP_PERSONAL_DATA_KEYS: keys });
    const error = t.throws(load, { instanceOf: SettingsError });
    t.deepEqual(error?.faults.length, 1);
    t.true(error?.message.includes(`APP_PERSONAL_DATA_KEYS (value hidden): ${part}`), error?.message);
    t.false(error?.message.includes(key.slice(0, 20)));
  }
});
