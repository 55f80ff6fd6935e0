import Type from 'typebox';
import type { StoreName } from '../versions.ts';
import { storeVersions } from '../versions.ts';
import { resources, secretRef, storage } from './common.ts';
import { absent } from './expressions.ts';
import { type RuleText, rules } from './rules.ts';
import { choice, text } from './types.ts';

/** Who runs a store; the first is the default. */
export function storeMode<const Modes extends readonly string[]>(modes: Modes, description: string) {
  return choice(modes, `${description} Fixed after creation.`, { default: modes[0] });
}

/** Fields that every data store has. */
export function storeFields(store: StoreName, connectionKeys: string) {
  return {
    version: Type.Optional(storeVersion(store)),
    storage: Type.Optional(storage()),
    resources: Type.Optional(resources()),
    connectionSecretRef: Type.Optional(secretRef(`Mode External: Secret with the keys ${connectionKeys}.`)),
  };
}

/** Rules that every data store has; give them to its object. */
export function storeRules(...more: readonly RuleText[]) {
  return rules(
    {
      cel: "self.mode != 'External' || has(self.connectionSecretRef)",
      message: 'mode External needs connectionSecretRef.name: the Secret that says where the server is',
    },
    {
      cel: "self.mode == 'External' || !has(self.connectionSecretRef)",
      message: 'connectionSecretRef is only for mode External (mode is {self.mode}): remove it or change the mode',
      field: '.connectionSecretRef',
    },
    ...more,
  );
}

/** A server of this size could not elect a leader when one of an even number is cut off. */
export function oddOnly(field: string, noun: string): RuleText {
  return {
    cel: `${absent(`${field}`)} || self.${field} % 2 == 1`,
    message: `${field} {self.${field}} is even: an even number of ${noun} survives no more losses than one less; choose an odd number`,
    field: `.${field}`,
  };
}

/** A number that grows with the versions between which data files cannot go back: major, or major and minor. */
const versionRank: Readonly<Record<StoreName, (version: string) => string>> = {
  postgres: (version) => `int(${version})`,
  redis: (version) => `int(${version}.split('.')[0])`,
  kafka: majorAndMinor,
  elasticsearch: majorAndMinor,
};

function majorAndMinor(version: string): string {
  return `int(${version}.split('.')[0]) * 100 + int(${version}.split('.')[1])`;
}

function storeVersion(store: StoreName) {
  const { pattern, supported } = storeVersions[store];
  const rank = versionRank[store];
  return text(`Version: ${supported}. The default comes from the installation of the operator.`, {
    maxLength: 16,
    ...rules(
      { cel: `self.matches(r'${pattern}')`, message: `"{self}" is not supported: ${supported}` },
      {
        cel: `!self.matches(r'${pattern}') || !oldSelf.matches(r'${pattern}') || ${rank('self')} >= ${rank('oldSelf')}`,
        message:
          '{self} is older than before ({oldSelf}): data files cannot go back; restore a backup into a new stack',
      },
    ),
  });
}
