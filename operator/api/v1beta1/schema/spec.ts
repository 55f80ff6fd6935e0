import Type from 'typebox';
import { choice, text } from './types.ts';

/** `spec`: the manifest that a user writes. */
export const specSchema = Type.Object({
  version: text('Release of the shop.', { maxLength: 128 }),
  profile: choice(['Development', 'Production'], 'Profile.'),
  host: text('Host.', { maxLength: 253 }),
});
