import Type from 'typebox';
import { serviceNames } from '../complete-stack.ts';
import { autoscalingSchema } from './autoscaling.ts';
import { image, imageTag, podCount, resources } from './common.ts';
import { rolloutSchema } from './rollout.ts';
import { celList, rules } from './rules.ts';
import { mapOf } from './types.ts';

const env = mapOf(
  // `password` keeps values out of our own messages.
  Type.Unsafe<string>({ type: 'string', maxLength: 4096, format: 'password', description: 'Value.' }),
  'Extra environment variables; they win over those of the operator. For secret values use podOverrides with a secretKeyRef.',
  {
    maxProperties: 64,
    ...rules({
      cel: "self.all(name, name.matches('^[A-Za-z_][A-Za-z0-9_]{0,127}$'))",
      message: 'names of environment variables are letters, digits and "_", beginning with a letter or "_"',
    }),
  },
);

const podOverrides = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  'x-kubernetes-preserve-unknown-fields': true,
  description:
    "Escape hatch: fields of a pod's spec, merged last (lists with names by name). Nothing here is checked before the pod is made.",
});

const service = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean({ description: 'false leaves the service out.', default: true })),
    image: Type.Optional(image('Image of the service; without a tag it gets version.')),
    version: Type.Optional(imageTag('Tag of the image, when it is not spec.version.')),
    replicas: podCount(
      'Number of pods. Stated without autoscaling.enabled it switches autoscaling off; unused while autoscaling is on.',
    ),
    resources: Type.Optional(resources()),
    env: Type.Optional(env),
    autoscaling: Type.Optional(autoscalingSchema),
    rollout: Type.Optional(rolloutSchema),
    podOverrides: Type.Optional(podOverrides),
  },
  { description: 'One service.' },
);

/** `spec.services`: a map, because nine copies of a service's schema would not fit into what `kubectl apply` can send. */
export const servicesSchema = mapOf(
  service,
  `The shop's services by name: ${serviceNames.join(', ')}. Each is on unless it says enabled: false.`,
  {
    maxProperties: serviceNames.length,
    ...rules({
      cel: `self.all(name, name in ${celList(serviceNames)})`,
      message: `there is no service {self.filter(name, !(name in ${celList(serviceNames)}))}: the services are ${serviceNames.join(', ')}`,
    }),
  },
);
