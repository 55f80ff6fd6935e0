import Type from 'typebox';
import { podCount, quantity } from './common.ts';
import { rules } from './rules.ts';
import { keyedList, mapOf, text } from './types.ts';

const percent = (description: string) => Type.Optional(Type.Integer({ description, minimum: 10, maximum: 100 }));

/** What a name of a label and its value are made of, between the first and the last character. */
const label = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';

const dnsLabel = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';

const selector = mapOf(
  text('Value of the label.', {
    maxLength: 63,
    ...rules({
      cel: `self.matches('^(${label})?$')`,
      message:
        '"{self}" is no value of a label: use letters, digits, "-", "_" and ".", beginning and ending with a letter or digit',
    }),
  }),
  'Labels that the series must have, e.g. group: search.indexing; what several series say is added up. All series of the name when absent.',
  {
    maxProperties: 8,
    ...rules({
      cel: `self.all(name, name.matches('^(${dnsLabel}([.]${dnsLabel})*/)?${label}$'))`,
      message:
        'names of labels are letters, digits, "-", "_" and ".", beginning and ending with a letter or digit, with or without a DNS name and "/" before them',
    }),
  },
);

/** A part of a path of the metrics API, so without "/" and "%"; the rest is what adapters make names of. */
const metric = text('Name of the metric as the adapter has it, e.g. kafka_consumer_lag_events.', {
  maxLength: 253,
  minLength: 1,
  ...rules({
    cel: `self.matches('^[A-Za-z0-9_][A-Za-z0-9_.:@|-]*$')`,
    message:
      '"{self}" is no name of a metric: use letters, digits, "_", ".", ":", "@", "|" and "-", beginning with a letter, a digit or "_"',
  }),
});

const external = keyedList(
  Type.Object(
    {
      metric,
      selector: Type.Optional(selector),
      averageValue: quantity(
        'averageValue',
        'What is aimed at: this much of the metric for each pod, so 1000 of them with 100 here are ten pods.',
      ),
    },
    { description: 'A metric and how much of it one pod may have.' },
  ),
  ['metric'],
  'Metrics beside CPU and memory, such as the lag of a consumer, that an adapter (prometheus-adapter, KEDA) serves as external.metrics.k8s.io for the namespace of the stack. The metric that asks for most pods decides; while one cannot be read, the others add pods and none are taken away. Unused while autoscaling is off.',
  { maxItems: 5 },
);

/** `spec.services.<name>.autoscaling` */
export const autoscalingSchema = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean({ description: 'On in profile Production, off in Development.' })),
    minReplicas: podCount('Fewest pods.'),
    maxReplicas: podCount('Most pods.'),
    cpuPercent: percent('CPU in use that is aimed at, percent of the request.'),
    memoryPercent: percent('Memory in use that is aimed at, percent of the request.'),
    external: Type.Optional(external),
  },
  {
    description: 'HorizontalPodAutoscaler; what is not stated comes from the profile.',
    ...rules({
      cel: '!has(self.minReplicas) || !has(self.maxReplicas) || self.minReplicas <= self.maxReplicas',
      message:
        'minReplicas {self.minReplicas} is more than maxReplicas {self.maxReplicas}: swap them or raise maxReplicas',
      field: '.minReplicas',
    }),
  },
);
