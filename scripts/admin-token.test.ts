import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describeSigningKey } from '#contracts/signing-keys.ts';
import { readSigningKey, signAdminToken } from './admin-token.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

test('the token is one that the gateway accepts, for an hour', async (t) => {
  const token = await signAdminToken(pem);
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const key = describeSigningKey({ n, e });
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet({ keys: [{ ...key }] }), {
    issuer: 'ecommerce-stack',
    audience: 'shop',
    algorithms: ['RS256'],
    typ: 'at+jwt',
  });
  t.is(protectedHeader.kid, key.kid, 'the gateway takes no token that does not name its key');
  t.like(payload, { sub: 'admin', roles: ['admin'] });
  t.is((payload.exp ?? 0) - (payload.iat ?? 0), 3600);
});

test('the key is read from the stack’s Secret, and an error names the Secret', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kubectl-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const kubectl = join(folder, 'kubectl');
  const script = (body: string): Promise<void> => writeFile(kubectl, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  await script(`[ "$3 $5" = "mall-identity-credentials prod" ] && printf %s ${Buffer.from(pem).toString('base64')}`);
  t.is(await readSigningKey('mall', 'prod', kubectl), pem);
  await script('echo forbidden >&2; exit 1');
  await t.throwsAsync(readSigningKey('mall', 'prod', kubectl), {
    message: /prod\/mall-identity-credentials: forbidden/,
  });
  await script('exit 0');
  await t.throwsAsync(readSigningKey('mall', 'prod', kubectl), { message: /no key signing.pem/ });
});
