/**
 * Events of the user service, on `shop.user.v1`. They carry what the notification service needs to write to somebody, because it
 * may ask nobody for it, and nothing else about the person.
 *
 * **Secrets.** `verification-requested` and `password-reset-requested` carry the token of the link: whoever reads the topic before
 * the mail is read could use it. That is accepted, because it works once, for 24 hours or 30 minutes, and only the services that
 * the topic's declaration names may read it; passwords, their hashes and tokens of sessions are in no event. The topic is kept
 * for 7 days, and dead letters for 14: nothing of an erased person is left in Kafka after that.
 */
import { z } from 'zod';
import { topics } from '../topics.ts';
import { eventType } from './event-type.ts';

/** Whom a message goes to, and in which language. */
const recipient = z
  .looseObject({
    email: z.string().meta({ description: 'The address as its owner writes it.' }),
    givenName: z.string().meta({ description: 'Empty when it is not known.' }),
    locale: z.string().meta({ description: 'Language tag, e.g. `de-AT`.' }),
  })
  .meta({ id: 'EventRecipient', description: 'Whom a message goes to, and in which language.' });

/** Whom a message goes to, as events carry it. */
export type Recipient = z.output<typeof recipient>;

const userId = z.uuid();
const version = z.int().min(1).meta({ description: 'Version of the account; grows by one with each change.' });
const token = z.string().meta({ description: 'Secret of the link that is sent; good for one use.' });
const expiresAt = z.iso.datetime().meta({ description: 'Until when the token is good.' });

const common = {
  topic: topics.user.name,
  aggregate: 'user',
  key: (data: { readonly userId: string }) => data.userId,
} as const;
const versioned = { ...common, version: (data: { readonly version: number }) => data.version };

export const userVerificationRequested = eventType({
  ...common,
  type: 'shop.user.verification-requested.v1',
  summary: 'Somebody wants an account under this id: the owner of the mailbox must confirm it with the token.',
  schema: z.looseObject({ userId, recipient, token, expiresAt }).meta({ id: 'UserVerificationRequested' }),
});

export const userRegistrationRepeated = eventType({
  ...common,
  type: 'shop.user.registration-repeated.v1',
  summary: 'Somebody registered with the address of this account: its owner is told, the caller was not.',
  schema: z.looseObject({ userId, recipient }).meta({ id: 'UserRegistrationRepeated' }),
});

export const userRegistered = eventType({
  ...versioned,
  type: 'shop.user.registered.v1',
  summary: 'An account begins.',
  schema: z.looseObject({ userId, recipient, version }).meta({ id: 'UserRegistered' }),
});

export const userUpdated = eventType({
  ...versioned,
  type: 'shop.user.updated.v1',
  summary: 'The profile was changed; the recipient is as it is now.',
  schema: z.looseObject({ userId, recipient, version }).meta({ id: 'UserUpdated' }),
});

export const userPasswordResetRequested = eventType({
  ...common,
  type: 'shop.user.password-reset-requested.v1',
  summary: 'Somebody who may be the owner wants another password.',
  schema: z.looseObject({ userId, recipient, token, expiresAt }).meta({ id: 'UserPasswordResetRequested' }),
});

export const userPasswordChanged = eventType({
  ...common,
  type: 'shop.user.password-changed.v1',
  summary: 'The account has another password, and all its sessions have ended.',
  schema: z.looseObject({ userId, recipient }).meta({ id: 'UserPasswordChanged' }),
});

export const userRolesChanged = eventType({
  ...versioned,
  type: 'shop.user.roles-changed.v1',
  summary: 'The account has other roles.',
  schema: z.looseObject({ userId, roles: z.array(z.string()), version }).meta({ id: 'UserRolesChanged' }),
});

export const userLocked = eventType({
  ...versioned,
  type: 'shop.user.locked.v1',
  summary: 'The staff locked the account, and all its sessions have ended.',
  schema: z.looseObject({ userId, version }).meta({ id: 'UserLocked' }),
});

export const userUnlocked = eventType({
  ...versioned,
  type: 'shop.user.unlocked.v1',
  summary: 'The account may sign in again.',
  schema: z.looseObject({ userId, version }).meta({ id: 'UserUnlocked' }),
});

export const userSessionCompromised = eventType({
  ...common,
  type: 'shop.user.session-compromised.v1',
  summary: 'A refresh token came twice, and its session has ended: one of the two who have it is not the owner.',
  schema: z.looseObject({ userId, sessionId: z.uuid() }).meta({ id: 'UserSessionCompromised' }),
});

export const userDeleted = eventType({
  ...versioned,
  type: 'shop.user.deleted.v1',
  summary: 'The account was erased: whoever keeps personal data under this id makes it anonymous.',
  schema: z.looseObject({ userId, erasedAt: z.iso.datetime(), version }).meta({ id: 'UserDeleted' }),
});
