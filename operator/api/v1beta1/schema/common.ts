import Type, { type TUnsafe } from 'typebox';
import { compareStated } from './expressions.ts';
import { type RuleText, rules } from './rules.ts';
import { type SchemaOptions, text } from './types.ts';

/** Regular expression of a Kubernetes object name: a DNS subdomain. */
const objectNamePattern = '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$';

/** Smallest sensible amounts; they catch `512m` of memory, which is half a byte. */
const smallest = { cpu: '1m', memory: '16Mi', storage: '16Mi', averageValue: '1m' } as const;
const largest = { cpu: '1024', memory: '16Ti', storage: '1Pi', averageValue: '1P' } as const;
const spelling = {
  cpu: '500m or 2',
  memory: '512Mi or 2Gi',
  storage: '10Gi',
  averageValue: '100 or 500m',
} as const;

/** How many pods of a service. */
export function podCount(description: string) {
  return Type.Optional(Type.Integer({ description, minimum: 1, maximum: 100 }));
}

/** A Kubernetes quantity; whole numbers may be written without quotes. */
export function quantity(
  kind: keyof typeof smallest,
  description: string,
  ...more: readonly RuleText[]
): TUnsafe<string | number> {
  return Type.Unsafe<string | number>({
    'x-kubernetes-int-or-string': true,
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    // The longest sensible spelling is far below; the bound keeps the cost of the rules small.
    maxLength: 24,
    description,
    ...rules(
      {
        cel: 'isQuantity(string(self))',
        message: `"{self}" is no ${kind} quantity: write for example ${spelling[kind]}`,
      },
      {
        cel: `!isQuantity(string(self)) || (quantity(string(self)).compareTo(quantity('${smallest[kind]}')) >= 0 && quantity(string(self)).compareTo(quantity('${largest[kind]}')) <= 0)`,
        message: `{self} is out of range for ${kind}: from ${smallest[kind]} to ${largest[kind]}, for example ${spelling[kind]}`,
      },
      ...more,
    ),
  });
}

const amounts = (limits: boolean) => ({
  cpu: Type.Optional(
    quantity(
      'cpu',
      limits
        ? 'Most CPU per pod, in cores (500m is half a core).'
        : 'CPU that each pod is sure of, in cores (500m is half a core).',
    ),
  ),
  memory: Type.Optional(
    quantity(
      'memory',
      limits ? 'Most memory per pod; a pod that takes more is killed.' : 'Memory that each pod is sure of.',
    ),
  ),
});

const requestAtMostLimit = (name: 'cpu' | 'memory'): RuleText => ({
  cel: `!has(self.requests) || !has(self.requests.${name}) || !has(self.limits) || !has(self.limits.${name}) || ${compareStated(`self.requests.${name}`, `self.limits.${name}`)}`,
  message: `requests.${name} {self.requests.${name}} is more than limits.${name} {self.limits.${name}}: raise the limit or lower the request`,
  field: `.requests.${name}`,
});

/** CPU and memory of a pod, in the form of a container's `resources`. */
export const resources = () =>
  Type.Object(
    {
      requests: Type.Optional(Type.Object(amounts(false), { description: 'What the scheduler reserves.' })),
      limits: Type.Optional(Type.Object(amounts(true), { description: 'What the pod may use at most.' })),
    },
    {
      description: 'CPU and memory per pod; what is not stated comes from the profile.',
      ...rules(requestAtMostLimit('cpu'), requestAtMostLimit('memory')),
    },
  );

/** Volume of each pod of a store. */
export const storage = () =>
  Type.Object(
    {
      size: Type.Optional(
        quantity('storage', 'Size of the volume of each pod; may only grow.', {
          cel: '!isQuantity(string(self)) || !isQuantity(string(oldSelf)) || quantity(string(self)).compareTo(quantity(string(oldSelf))) >= 0',
          message: '{self} is less than before ({oldSelf}): volumes can grow but never shrink',
        }),
      ),
      className: Type.Optional(
        objectName('Storage class; the default class of the cluster when absent. Fixed after creation.'),
      ),
    },
    { description: 'Volumes of the store; what is not stated comes from the profile.' },
  );

/** Name of another Kubernetes object. */
export function objectName(description: string, options: SchemaOptions = {}) {
  return text(description, {
    maxLength: 253,
    minLength: 1,
    ...rules({
      cel: `self.matches('${objectNamePattern}')`,
      message:
        '"{self}" is no object name: use lower-case letters, digits, "-" and ".", beginning and ending with a letter or digit',
    }),
    ...options,
  });
}

/** Reference to a Secret in the namespace of the stack. */
export const secretRef = (description: string) =>
  Type.Object({ name: objectName('Name of the Secret, in the namespace of the stack.') }, { description });

/** Reference of a container image: registry, path, tag or digest. */
export function image(description: string) {
  return text(description, {
    maxLength: 512,
    minLength: 1,
    ...rules({
      cel: `self.matches('^[a-z0-9][a-zA-Z0-9._:/-]*(@sha256:[0-9a-f]{64})?$')`,
      message:
        '"{self}" is no image reference: write for example registry.example.com/shop/user-service:1.2.3 or …@sha256:<64 hex digits>',
    }),
  });
}

/** Tag of an image. */
export function imageTag(description: string) {
  return text(description, {
    maxLength: 128,
    minLength: 1,
    ...rules({
      cel: `self.matches('^[A-Za-z0-9_][A-Za-z0-9_.-]*$')`,
      message: '"{self}" is no image tag: use letters, digits, "_", "." and "-", e.g. 1.4.2',
    }),
  });
}

/** Public host name. */
export function hostName(description: string) {
  return text(description, {
    maxLength: 253,
    minLength: 1,
    ...rules({
      cel: `self.matches('^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\\\\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$')`,
      message:
        '"{self}" is no DNS name: use lower-case letters, digits and "-" between dots, without scheme, port or path, e.g. shop.example.com',
    }),
  });
}

/** A span of time such as `30s` or `1h30m`. */
export function duration(description: string, options: SchemaOptions = {}) {
  return text(description, {
    maxLength: 32,
    ...rules({
      cel: `self.matches('^([0-9]{1,6}(h|m|s))+$')`,
      message: '"{self}" is no duration: write for example 30s, 10m or 1h30m',
    }),
    ...options,
  });
}

/** Five fields of cron. */
export function cronSchedule(description: string, options: SchemaOptions = {}) {
  return text(description, {
    maxLength: 64,
    ...rules({
      cel: `self.matches('^([0-9*/,-]+) ([0-9*/,-]+) ([0-9*/,?-]+) ([0-9A-Za-z*/,-]+) ([0-9A-Za-z*/,?-]+)$')`,
      message: '"{self}" is no schedule: write five fields of cron (minute hour day month weekday), e.g. "0 2 * * *"',
    }),
    ...options,
  });
}
