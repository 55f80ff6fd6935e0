import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';

/**
 * SCRAM-SHA-256 verifiers (RFC 5802, RFC 7677) as PostgreSQL stores them. Made here, so that a password in clear text
 * reaches neither the server's log nor `pg_stat_activity`.
 */

/** Iterations that PostgreSQL itself uses (`scram_iterations`). */
const iterations = 4096;

/**
 * The verifier of a role's password. Its salt follows from role and password: the same input gives the same text, so
 * that writing it twice changes nothing. Passwords are random, so nobody gains from a table of such salts.
 */
export function makeVerifier(role: string, password: string): string {
  const salt = createHash('sha256').update(`ecommerce-stack\0${role}\0${password}`).digest().subarray(0, 16);
  return render(password, salt, iterations);
}

/** Whether a stored verifier, of ours or of the server's making, is of this password. */
export function verifierMatches(verifier: string | undefined, password: string): boolean {
  const match = /^SCRAM-SHA-256\$(\d{1,6}):([A-Za-z0-9+/=]+)\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$/.exec(verifier ?? '');
  if (verifier === undefined || match === null) {
    return false;
  }
  const expected = Buffer.from(render(password, Buffer.from(match[2] ?? '', 'base64'), Number(match[1])));
  const actual = Buffer.from(verifier);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

function render(password: string, salt: Buffer, rounds: number): string {
  // SASLprep leaves ASCII alone, and our passwords are ASCII; NFKC is its main part for those of a user.
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, rounds, 32, 'sha256');
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest();
  const serverKey = hmac(salted, 'Server Key');
  return `SCRAM-SHA-256$${rounds}:${salt.toString('base64')}$${storedKey.toString('base64')}:${serverKey.toString('base64')}`;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
