import { createPublicKey, X509Certificate } from 'node:crypto';
import test from 'ava';
import { createAuthority, createSigningKey } from './authority.ts';

test('an authority is a certificate that may sign others and verifies itself', (t) => {
  const authority = new X509Certificate(createAuthority('lab').certificate);
  t.true(authority.ca);
  t.is(authority.subject, 'CN=lab');
  t.true(authority.verify(authority.publicKey));
});

test('an issued certificate names its user, groups and hosts and is signed by the authority', (t) => {
  const authority = createAuthority('lab');
  const issued = authority.issue({
    commonName: 'admin',
    organizations: ['system:masters', 'second'],
    hosts: ['kubernetes.default.svc', '10.96.0.1'],
  });
  const certificate = new X509Certificate(issued.certificate);
  t.is(certificate.subject, 'O=system:masters\nO=second\nCN=admin');
  t.is(certificate.subjectAltName, 'DNS:kubernetes.default.svc, IP Address:10.96.0.1');
  t.false(certificate.ca);
  t.true(certificate.checkIssued(new X509Certificate(authority.certificate)));
  t.true(certificate.verify(createPublicKey(authority.certificate)));
  t.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
});

test('an issued certificate is valid now and for about a year', (t) => {
  const { validFromDate, validToDate } = new X509Certificate(
    createAuthority('lab').issue({ commonName: 'admin' }).certificate,
  );
  const days = (validToDate.getTime() - validFromDate.getTime()) / 86_400_000;
  t.true(validFromDate.getTime() < Date.now());
  t.true(days > 360 && days < 370, `${days} days`);
});

test('a name longer than 127 bytes survives the encoding of long lengths', (t) => {
  const host = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.example`;
  const issued = createAuthority('lab').issue({ commonName: 'server', hosts: [host, `x.${host}`] });
  t.is(new X509Certificate(issued.certificate).subjectAltName, `DNS:${host}, DNS:x.${host}`);
});

test('a certificate for an IPv6 address is refused with the address', (t) => {
  t.throws(() => createAuthority('lab').issue({ commonName: 'server', hosts: ['::1'] }), { message: /::1/ });
});

test('a signing key has a private and a public half that belong together', (t) => {
  const { privateKey, publicKey } = createSigningKey();
  t.is(createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }), publicKey);
});
