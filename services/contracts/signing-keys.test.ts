import test from 'ava';
import { describeSigningKey } from './signing-keys.ts';

test('the id of a key follows from the key alone and stays what it was', (t) => {
  // Gateways of the release before know keys by these ids.
  t.deepEqual(describeSigningKey({ n: 'modulus', e: 'AQAB' }), {
    kty: 'RSA',
    use: 'sig',
    alg: 'RS256',
    kid: 't2hugg9sGORPDEIp',
    n: 'modulus',
    e: 'AQAB',
  });
  t.not(describeSigningKey({ n: 'another', e: 'AQAB' }).kid, describeSigningKey({ n: 'modulus', e: 'AQAB' }).kid);
});
