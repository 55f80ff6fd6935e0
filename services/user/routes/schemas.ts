/** The wire format of accounts. */
import { z } from 'zod';
import { cursorParameter, limitParameter } from '#chassis/http/parameters.ts';
import { line } from '#chassis/http/texts.ts';
import { roles } from '#contracts/identity.ts';
import { accountStatuses, grantableRoles } from '../domain/account.ts';
import { isCountryCode } from '../domain/countries.ts';
import { findPasswordFault, maximumPasswordBytes, minimumPasswordLength } from '../domain/password-policy.ts';
import { opaqueTokenPattern } from '../secrets/opaque-token.ts';

export const idParams = z.strictObject({ id: z.uuid() });

const email = z.email('must be an e-mail address').max(254).meta({ description: 'Compared without regard to case.' });

/** Checked by the policy: only there are the rules that need more than the text. */
const newPassword = z.string().min(minimumPasswordLength).max(maximumPasswordBytes).meta({
  description:
    '8 to 128 characters, 15 or more recommended; any characters. What attackers try first is refused, and so is the own e-mail address.',
});

/** What is compared is not held to the policy: it may be older than that. */
const givenPassword = z
  .string()
  .min(1)
  .max(maximumPasswordBytes)
  .refine((text) => Buffer.byteLength(text) <= maximumPasswordBytes, `must have at most ${maximumPasswordBytes} bytes`);

/** One line or nothing. */
const maybeLine = (max: number) => z.union([z.literal(''), line(max)]);

const phone = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, 'must be a number in international form, e.g. +4930123456')
  .meta({ description: 'E.164.' });

const locale = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$/, 'must be a language tag such as en, de-AT or zh-Hant')
  .meta({ description: 'Language of messages, as a BCP 47 tag.' });

const names = { givenName: maybeLine(100), familyName: maybeLine(100) };

export const registrationSchema = z
  .strictObject({
    email,
    password: newPassword,
    givenName: names.givenName.default(''),
    familyName: names.familyName.default(''),
    locale: locale.default('en'),
  })
  .superRefine((body, context) => {
    const fault = findPasswordFault(body.password, body.email);
    if (fault !== undefined) context.addIssue({ code: 'custom', path: ['password'], message: fault });
  })
  .meta({ id: 'Registration' });

export const signInSchema = z.strictObject({ email, password: givenPassword }).meta({ id: 'SignIn' });
export const emailSchema = z.strictObject({ email }).meta({ id: 'EmailOnly' });

const opaqueToken = z.string().regex(opaqueTokenPattern, 'must be a token of this shop');
export const refreshSchema = z.strictObject({ refreshToken: opaqueToken }).meta({ id: 'RefreshToken' });
export const linkSchema = z.strictObject({ token: opaqueToken }).meta({ id: 'LinkToken' });
export const resetSchema = z.strictObject({ token: opaqueToken, password: newPassword }).meta({ id: 'PasswordReset' });
export const changePasswordSchema = z
  .strictObject({ currentPassword: givenPassword, newPassword })
  .meta({ id: 'PasswordChange' });

export const tokenSetSchema = z
  .strictObject({
    tokenType: z.literal('Bearer'),
    accessToken: z.string().meta({ description: 'Send it as `Authorization: Bearer …`.' }),
    expiresInSeconds: z.int().min(1),
    refreshToken: z.string().meta({ description: 'Good for one use: the answer to that has the next one.' }),
    refreshExpiresAt: z.iso.datetime(),
  })
  .meta({ id: 'TokenSet' });

export const profilePatchSchema = z
  .strictObject({ ...names, phone: phone.nullable().meta({ description: 'Null removes it.' }), locale })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'must change at least one field')
  .meta({ id: 'ProfilePatch' });

const role = z.enum(grantableRoles);

export const accountSchema = z
  .strictObject({
    id: z.uuid(),
    email: z.string(),
    emailVerified: z.boolean(),
    givenName: z.string(),
    familyName: z.string(),
    phone: z.string().nullable(),
    locale: z.string(),
    roles: z.array(z.enum(roles)),
    status: z.enum(accountStatuses),
    version: z.int().min(1).meta({ description: 'Grows by one with each change; the ETag names it.' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Account' });

export const accountPageSchema = z
  .strictObject({
    items: z.array(accountSchema),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'Send it as `cursor` for the next page; null: this is the last.' }),
  })
  .meta({ id: 'AccountPage' });

export const listAccountsQuery = z.strictObject({
  limit: limitParameter,
  cursor: cursorParameter.optional(),
  email: email.optional().meta({ description: 'The account with this address.' }),
  role: role.optional(),
  status: z.enum(['active', 'locked']).optional(),
});

export const rolesSchema = z
  .strictObject({
    roles: z
      .array(role)
      .min(1)
      .max(grantableRoles.length)
      .refine((list) => new Set(list).size === list.length, 'must name each role once'),
  })
  .meta({ id: 'Roles' });

export const sessionListSchema = z
  .strictObject({
    items: z.array(
      z
        .strictObject({
          id: z.uuid(),
          userAgent: z.string().nullable(),
          createdAt: z.iso.datetime(),
          lastUsedAt: z.iso.datetime(),
          expiresAt: z.iso.datetime(),
        })
        .meta({ id: 'Session' }),
    ),
  })
  .meta({ id: 'SessionList' });

const addressFields = {
  recipient: line(200),
  company: line(200).nullable(),
  line1: line(200),
  line2: line(200).nullable(),
  city: line(100),
  region: line(100).nullable(),
  postalCode: line(20).nullable().meta({ description: 'Null where there are none.' }),
  countryCode: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be two capital letters')
    .refine(isCountryCode, 'is not the code of a country')
    .meta({ description: 'ISO 3166-1 alpha-2.' }),
  phone: phone.nullable(),
  isDefaultShipping: z.boolean(),
  isDefaultBilling: z.boolean(),
};

export const newAddressSchema = z
  .strictObject({
    ...addressFields,
    company: addressFields.company.default(null),
    line2: addressFields.line2.default(null),
    region: addressFields.region.default(null),
    postalCode: addressFields.postalCode.default(null),
    phone: addressFields.phone.default(null),
    isDefaultShipping: addressFields.isDefaultShipping.default(false),
    isDefaultBilling: addressFields.isDefaultBilling.default(false),
  })
  .meta({ id: 'NewAddress' });

export const addressPatchSchema = z
  .strictObject(addressFields)
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'must change at least one field')
  .meta({ id: 'AddressPatch' });

export const addressSchema = z
  .strictObject({
    id: z.uuid(),
    recipient: z.string(),
    company: z.string().nullable(),
    line1: z.string(),
    line2: z.string().nullable(),
    city: z.string(),
    region: z.string().nullable(),
    postalCode: z.string().nullable(),
    countryCode: z.string(),
    phone: z.string().nullable(),
    isDefaultShipping: z.boolean(),
    isDefaultBilling: z.boolean(),
    version: z.int().min(1),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Address' });

export const addressListSchema = z.strictObject({ items: z.array(addressSchema) }).meta({ id: 'AddressList' });

const time = z.string().meta({ description: 'RFC 3339.' });

export const exportSchema = z
  .strictObject({
    exportedAt: time,
    account: accountSchema,
    addresses: z.array(addressSchema),
    sessions: z.array(
      z.strictObject({
        id: z.uuid(),
        userAgent: z.string().nullable(),
        createdAt: time,
        lastUsedAt: time,
        endedAt: time.nullable(),
        endReason: z.string().nullable(),
      }),
    ),
    activity: z.array(z.strictObject({ at: time, kind: z.string(), outcome: z.string() })),
  })
  .meta({ id: 'OwnData' });

export const keySetSchema = z
  .strictObject({
    keys: z.array(
      z
        .strictObject({
          kty: z.literal('RSA'),
          use: z.literal('sig'),
          alg: z.literal('RS256'),
          kid: z.string(),
          n: z.string(),
          e: z.string(),
        })
        .meta({ id: 'PublicKey' }),
    ),
  })
  .meta({ id: 'KeySet' });
