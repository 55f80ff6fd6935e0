/**
 * Which passwords are accepted: NIST SP 800-63B §3.1.1 — length counts, composition rules do not, and what attackers try
 * first is refused.
 */
import { commonPasswords } from './common-passwords.ts';

export const minimumPasswordLength = 8;
export const maximumPasswordLength = 128;
/** Longest text that is looked at at all: normalising and hashing cost time. */
export const maximumPasswordBytes = 1024;

/** The form that is hashed: keyboards write the same character in different ways. */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC');
}

/** What is wrong with a new password; nothing when it is accepted. `email` is the account's, if known. */
export function findPasswordFault(password: string, email?: string): string | undefined {
  if (new TextEncoder().encode(password).length > maximumPasswordBytes)
    return `must have at most ${maximumPasswordBytes} bytes`;
  const normal = normalizePassword(password);
  const length = [...normal].length;
  if (length < minimumPasswordLength)
    return `must have at least ${minimumPasswordLength} characters; 15 or more are recommended`;
  if (length > maximumPasswordLength) return `must have at most ${maximumPasswordLength} characters`;
  return isGuessable(normal.toLowerCase(), email?.toLowerCase())
    ? 'is one of the first that attackers try; choose another'
    : undefined;
}

function isGuessable(password: string, email: string | undefined): boolean {
  if (commonPasswords.has(password)) return true;
  if (isOneRun(password)) return true;
  const [mailbox = ''] = email?.split('@') ?? [];
  return password === email || (mailbox !== '' && password === mailbox);
}

/** `aaaaaaaa`, `12345678`, `hgfedcba`: one character repeated, or each the next or the one before. */
function isOneRun(password: string): boolean {
  const codes = [...password].map((character) => character.codePointAt(0) ?? 0);
  const [first = 0, second = 0] = codes;
  const step = second - first;
  return Math.abs(step) <= 1 && codes.every((code, index) => code === first + step * index);
}
