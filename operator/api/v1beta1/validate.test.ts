import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { findUnknownFunctions } from '../cel/evaluate.ts';
import { parseExpression } from '../cel/parse.ts';
import type { SchemaNode, ValidationRule } from './crd-schema.ts';
import { rootSchema } from './schema/crd.ts';
import { aStack } from './testing.ts';
import { validateStack } from './validate.ts';

function rulesOf(node: SchemaNode): readonly ValidationRule[] {
  const children = [
    ...Object.values(node.properties ?? {}),
    ...(node.items === undefined ? [] : [node.items]),
    ...(node.additionalProperties === undefined ? [] : [node.additionalProperties]),
  ];
  return [...(node['x-kubernetes-validations'] ?? []), ...children.flatMap(rulesOf)];
}

const allRules = rulesOf(rootSchema());

test('the operator can run every rule of the CRD', (t) => {
  for (const { rule, messageExpression } of allRules) {
    for (const source of [rule, messageExpression ?? 'true']) {
      t.deepEqual(findUnknownFunctions(parseExpression(source)), [], source);
    }
  }
});

test('every rule of the CRD has an example that breaks it', (t) => {
  const folder = 'examples/invalid';
  const texts = readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8'));
  const sentences = texts.flatMap((text) =>
    [...text.matchAll(/^# Refused: (.+)$/gm)].map(([, sentence = '']) => sentence),
  );
  const unbroken = allRules.filter(({ message }) => {
    const pattern = new RegExp(
      message
        .split('…')
        .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
        .join('.*'),
    );
    return !sentences.some((sentence) => pattern.test(sentence));
  });
  t.deepEqual([...new Set(unbroken.map(({ message }) => message))], []);
});

test('a valid stack has no violations', (t) => {
  t.deepEqual(validateStack(aStack()), []);
});

test('a violation names the path, the value and what is allowed', (t) => {
  t.deepEqual(validateStack(aStack({ redis: { shards: 2 } })), [
    {
      path: 'spec.redis.shards',
      value: '2',
      message:
        'spec.redis.shards: shards 2 is too few: a Redis Cluster needs at least 3 primaries to agree on a failover',
    },
  ]);
});

test('values of environment variables are never printed', (t) => {
  const secret = 'correct horse battery staple';
  const env = { 'BAD-NAME': secret, LONG: secret.repeat(200), WRONG: [secret] };
  const broken = { ...aStack(), spec: { ...aStack().spec, services: { cart: { env } } } };
  const violations = [
    ...validateStack(broken),
    ...validateStack(aStack({ services: { cart: { env: { 'A-B': secret } } } })),
  ];
  t.true(violations.length >= 3);
  t.false(JSON.stringify(violations).includes('horse'));
});

const effective = {
  profile: 'Development',
  stores: {
    postgres: { mode: 'Builtin', version: '16', storageSize: '20Gi', storageClassName: 'fast' },
    redis: { mode: 'External' },
  },
  services: {},
};

const recorded = (spec: object) => validateStack(aStack(spec, { status: { effective } })).map(({ path }) => path);
const external = { mode: 'External', connectionSecretRef: { name: 's' } };

test('what the status recorded serves for rules on changes', (t) => {
  const fast = { className: 'fast' };
  t.deepEqual(recorded({ postgres: { storage: fast }, redis: external }), []);
  t.deepEqual(recorded({ postgres: { storage: { ...fast, size: '30Gi' }, version: '17' }, redis: external }), []);
  t.deepEqual(recorded({ postgres: { storage: { ...fast, size: '10Gi' } }, redis: external }), [
    'spec.postgres.storage.size',
  ]);
  t.deepEqual(recorded({ postgres: { storage: fast, version: '15' }, redis: external }), ['spec.postgres.version']);
  t.deepEqual(recorded({ redis: external }), ['spec.postgres.storage.className']);
  t.deepEqual(recorded({ postgres: { storage: fast } }), ['spec.redis.mode']);
});

const shapeless: readonly unknown[] = [
  undefined,
  null,
  1,
  'x',
  [],
  {},
  { spec: null },
  { spec: [] },
  { metadata: 1, spec: 2 },
];

for (const value of shapeless) {
  test(`${JSON.stringify(value)} gives violations instead of an error`, (t) => {
    t.true(validateStack(value).length > 0);
  });
}

test('nothing that JSON can hold makes validation throw', (t) => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.jsonValue(),
      fc.constantFrom('postgres', 'services', 'backup', 'host'),
      (value, old, field) => {
        validateStack(value, old);
        const stack = aStack();
        validateStack({ ...stack, spec: { ...stack.spec, [field]: value }, status: old }, { ...stack, spec: old });
      },
    ),
  );
  t.pass();
});

test('fields that are null count as absent', (t) => {
  t.deepEqual(validateStack({ ...aStack(), spec: { ...aStack().spec, redis: null } }), []);
});
