import { generateKeyPairSync } from 'node:crypto';
import test from 'ava';
import { fixed } from '#chassis/config/live.ts';
import { describeSigningKey } from '#contracts/signing-keys.ts';
import { createVerificationKeys } from './verification-keys.ts';

/** A public key as the user service tells it. */
function aKey(kid: string) {
  const { n = '', e = '' } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
  return { kty: 'RSA' as const, kid, n, e };
}

const [configured, first, second] = [aKey('configured'), aKey('first'), aKey('second')];

/** A user service that tells these keys, and how often it was asked. */
function aUserService(...keys: readonly ReturnType<typeof aKey>[]) {
  const service = {
    keys,
    asked: 0,
    error: undefined as Error | undefined,
    load: async () => {
      service.asked += 1;
      if (service.error !== undefined) throw service.error;
      return { keys: [...service.keys] };
    },
  };
  return service;
}

function start(service: ReturnType<typeof aUserService> | undefined) {
  const clock = { ms: 0, gone: 0 };
  const keys = createVerificationKeys({
    configured: fixed({ keys: [configured] }),
    load: service?.load,
    now: () => clock.ms,
    onKeyGone: () => {
      clock.gone += 1;
    },
  });
  return { keys, clock, has: (kid: string) => keys.candidates(kid).length === 1 };
}

test('keys of the user service join the configured ones, each under its id', async (t) => {
  const { keys, has } = start(aUserService(first, second));
  t.deepEqual([keys.count, has('configured'), has('first')], [1, true, false]);
  await keys.renew();
  t.deepEqual([keys.count, has('configured'), has('first'), has('second')], [3, true, true, true]);
});

test('a key that is configured without an id has the one that it signs with', (t) => {
  const { kid: _kid, ...anonymous } = first;
  const keys = createVerificationKeys({
    configured: fixed({ keys: [anonymous] }),
    load: undefined,
    now: () => 0,
    onKeyGone: () => undefined,
  });
  t.is(keys.candidates(describeSigningKey(first).kid).length, 1);
  t.is(keys.candidates('').length, 0);
});

test('a key that the user service takes back is gone, the configured one never; what it verified is forgotten', async (t) => {
  const service = aUserService(first, configured);
  const { keys, clock, has } = start(service);
  await keys.renew();
  t.is(keys.count, 2, 'the same key twice is one');
  t.is(clock.gone, 0);
  service.keys = [second];
  await keys.renew();
  t.deepEqual([has('first'), has('second'), has('configured'), clock.gone], [false, true, true, 1]);
});

test('while the user service is away the last keys stay', async (t) => {
  const service = aUserService(first);
  const { keys, clock, has } = start(service);
  t.is(keys.ageMs(), Number.POSITIVE_INFINITY);
  await keys.renew();
  service.error = new Error('away');
  clock.ms = 3_600_000;
  await t.throwsAsync(keys.renew(), { message: 'away' });
  t.true(has('first'));
  t.is(keys.ageMs(), 3_600_000);
});

test('an unknown key id asks at once, then not again for five seconds, and one question serves all', async (t) => {
  const service = aUserService();
  const { keys, clock, has } = start(service);
  await Promise.all(Array.from({ length: 50 }, () => keys.renewForUnknown()));
  t.is(service.asked, 1);
  service.keys = [first];
  for (clock.ms = 0; clock.ms < 5000; clock.ms += 100) await keys.renewForUnknown();
  t.is(service.asked, 1);
  await keys.renewForUnknown();
  t.is(service.asked, 2);
  t.true(has('first'));
  service.error = new Error('away');
  clock.ms += 5000;
  await t.notThrowsAsync(keys.renewForUnknown());
  t.is(service.asked, 3);
  await keys.renewForUnknown();
  t.is(service.asked, 3, 'also after a failure');
});

test('without a user service nothing is asked', async (t) => {
  const { keys, has } = start(undefined);
  await keys.renew();
  await keys.renewForUnknown();
  t.true(has('configured'));
});

test('configured keys that change hold at once, and one that is gone is forgotten with the next answer', async (t) => {
  const source = { current: { keys: [configured] } };
  let gone = 0;
  const service = aUserService(first);
  const keys = createVerificationKeys({
    configured: source,
    load: service.load,
    now: () => 0,
    onKeyGone: () => {
      gone += 1;
    },
  });
  await keys.renew();
  source.current = { keys: [{ ...second, kid: 'changed' }] };
  t.deepEqual([keys.candidates('changed').length, keys.candidates('configured').length], [1, 0]);
  t.is(keys.candidates('first').length, 1);
  await keys.renew();
  t.is(gone, 1);
});
