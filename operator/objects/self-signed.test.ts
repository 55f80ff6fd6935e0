import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import test from 'ava';
import { selfSignedCertificate } from './self-signed.ts';

const key = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

test('the same key gives the same certificate, signed by itself', (t) => {
  const pem = selfSignedCertificate(key, 'shop-es');
  t.is(selfSignedCertificate(key, 'shop-es'), pem);
  const certificate = new X509Certificate(pem);
  t.true(certificate.verify(certificate.publicKey));
  t.is(certificate.subject, 'CN=shop-es');
});

test('members that hold the key trust each other, and nobody else', async (t) => {
  const cert = selfSignedCertificate(key, 'shop-es');
  const server = createServer({ key, cert, ca: cert, requestCert: true, rejectUnauthorized: true });
  server.on('secureConnection', (socket) => socket.end('hello'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  // As Elasticsearch's verification mode `certificate`: the name is not compared.
  const common = { host: '127.0.0.1', port, ca: cert, checkServerIdentity: () => undefined };
  const member = connect({ ...common, key, cert });
  const [greeting] = await once(member, 'data');
  t.is(String(greeting), 'hello');
  const stranger = connect(common);
  await t.throwsAsync(once(stranger, 'data'));
});
