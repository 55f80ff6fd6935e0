/** Whom events name as the one to write to. */
import type { Recipient } from '#contracts/events/user.ts';

/** Of an account or a registration exactly what an event may say. */
export function toRecipient(person: {
  readonly email: string | null;
  readonly givenName: string;
  readonly locale: string;
}): Recipient {
  const { email, givenName, locale } = person;
  if (email === null) throw new Error('an erased account has no mailbox');
  return { email, givenName, locale };
}
