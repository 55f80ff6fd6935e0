/** What tables of the chassis hold about a person for a while: replies that may be asked for again, and events until they are sent. */
import type { IdempotencyKey, IdempotencyStore } from '#chassis/idempotency/store.ts';
import type { PayloadSeal } from '#chassis/outbox/outbox.ts';
import type { PersonalData } from '../secrets/personal-data.ts';

/** Replies to requests with an `Idempotency-Key` repeat what was sent: an address, for a day. */
export function sealReplies(store: IdempotencyStore, personalData: PersonalData): IdempotencyStore {
  return {
    ...store,
    claim: async (key) => {
      const claim = await store.claim(key);
      if (claim.state !== 'completed' || claim.reply.json === undefined) return claim;
      return { ...claim, reply: { ...claim.reply, json: openText(personalData, placeOfReply(key), claim.reply.json) } };
    },
    complete: (key, token, reply) => {
      const { json } = reply;
      const sealed = json === undefined ? reply : { ...reply, json: sealText(personalData, placeOfReply(key), json) };
      return store.complete(key, token, sealed);
    },
  };
}

/** Events name whom to write to, and some hold the token of a link. */
export function sealPayloads(personalData: PersonalData): PayloadSeal {
  return {
    seal: (payload, eventId) => sealText(personalData, placeOfEvent(eventId), payload),
    open: (stored, eventId) => openText(personalData, placeOfEvent(eventId), stored),
  };
}

function placeOfReply({ scope, key }: IdempotencyKey): string {
  return `idempotency_keys.body/${JSON.stringify([scope, key])}`;
}

function placeOfEvent(eventId: string): string {
  return `outbox.payload/${eventId}`;
}

function sealText(personalData: PersonalData, place: string, json: string): string {
  return personalData.seal(place, json).toString('base64');
}

/** Before they were sealed texts were JSON objects, and base64 has no brace. */
function openText(personalData: PersonalData, place: string, stored: string): string {
  return stored.startsWith('{') ? stored : personalData.open(place, Buffer.from(stored, 'base64'));
}
