/** Two spellings of one mailbox are one account. */

/**
 * What an address is looked up by. Upper and lower case are the same mailbox with every provider that matters, although
 * RFC 5321 would let a server tell them apart; compatibility forms are folded so that look-alikes do not register twice.
 */
export function emailKey(email: string): string {
  return email.normalize('NFKC').toLowerCase();
}
