/** Telling ids from slugs: callers may name most things by either. */

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether the text is an id; otherwise it is looked for as a slug. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}
