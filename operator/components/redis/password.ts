import { createHash } from 'node:crypto';

/** Hash of a password as Redis keeps it and as an ACL rule carries it behind `#`: hex of the SHA-256. */
export function hashPassword(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}
