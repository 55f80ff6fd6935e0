import Type from 'typebox';
import { duration, hostName } from './common.ts';
import { absent } from './expressions.ts';
import { celList, rules } from './rules.ts';
import { atomicList, choice, keyedList, text } from './types.ts';

/** Metrics that need no query: the traffic provider or the services measure them. */
const builtinMetrics = ['successRatePercent', 'latencyP95Milliseconds', 'latencyP99Milliseconds'];

const count = (description: string, fallback: number) =>
  Type.Optional(Type.Integer({ description, minimum: 1, maximum: 1_000_000, default: fallback }));

const metric = Type.Object(
  {
    name: text(`One of ${builtinMetrics.join(', ')}, or your own name with a query.`, { maxLength: 63, minLength: 1 }),
    query: Type.Optional(text('PromQL that gives one number.', { maxLength: 1024, minLength: 1 })),
    min: Type.Optional(Type.Number({ description: 'Bad when below.' })),
    max: Type.Optional(Type.Number({ description: 'Bad when above.' })),
    // No defaults here: in items of a list they make every `kubectl apply` and every sync see a difference.
    minRequests: Type.Optional(
      Type.Integer({
        description: 'Requests in the window below which nothing is judged; 50 when absent.',
        minimum: 0,
        maximum: 1_000_000,
      }),
    ),
    onNoData: Type.Optional(choice(['Wait', 'Pass', 'Fail'], 'What no data means; Wait when absent.')),
  },
  {
    description: 'A measurement that decides whether the new version goes on.',
    ...rules(
      {
        cel: 'has(self.min) || has(self.max)',
        message: 'metric {self.name} needs min or max: without a bound nothing is judged',
      },
      {
        cel: `has(self.query) || self.name in ${celList(builtinMetrics)}`,
        message: `metric {self.name} needs a query: only ${builtinMetrics.join(', ')} are built in`,
      },
      {
        cel: '!has(self.min) || !has(self.max) || self.min <= self.max',
        message: 'metric {self.name}: min {self.min} is more than max {self.max}',
      },
    ),
  },
);

const analysis = Type.Object(
  {
    metrics: Type.Optional(
      keyedList(metric, ['name'], 'Measurements; default: success rate of at least 99 percent.', { maxItems: 8 }),
    ),
    failureThreshold: count('Bad samples before the rollout is taken back.', 3),
    errorThreshold: count('Samples that could not be measured before the rollout pauses.', 4),
    baseline: Type.Optional(
      choice(['Stable', 'Fixed'], 'Stable: no worse than the old version either. Fixed: only min and max.', {
        default: 'Stable',
      }),
    ),
  },
  { description: 'How the new version is judged.' },
);

const steps = atomicList(
  Type.Integer({ description: 'Percent of the traffic.', minimum: 1, maximum: 99 }),
  'Percent of the traffic on the new version, step by step; 100 follows by itself.',
  {
    maxItems: 16,
    minItems: 1,
    ...rules({
      cel: 'self.isSorted() && self.all(a, self.exists_one(b, b == a))',
      message: 'steps must rise from one to the next, e.g. [10, 25, 50]',
    }),
  },
);

const onAbort = Type.Object(
  {
    shiftBack: Type.Optional(choice(['Immediate', 'Stepped'], 'How the traffic returns.', { default: 'Immediate' })),
    holdCanary: Type.Optional(duration('How long the new version stays for a look at it.')),
  },
  { description: 'What happens when the new version is bad.' },
);

const stickiness = Type.Object(
  {
    cookie: text('Name of the cookie.', {
      maxLength: 64,
      minLength: 1,
      ...rules({
        cel: "self.matches('^[A-Za-z0-9_-]+$')",
        message: '"{self}" is no cookie name: use letters, digits, "_" and "-"',
      }),
    }),
    maxAge: Type.Optional(duration('How long a browser stays with the version that it saw.')),
  },
  { description: 'Keeps a visitor on one version.' },
);

const blueGreen = Type.Object(
  {
    previewHost: Type.Optional(hostName('Host name of the new version before the switch.')),
    autoPromoteAfter: Type.Optional(duration('Time of good measurements before the switch.')),
    keepOldFor: Type.Optional(duration('How long the old version stays ready for a way back.')),
  },
  { description: 'Details of strategy BlueGreen.' },
);

/** `spec.services.<name>.rollout` */
export const rolloutSchema = Type.Object(
  {
    strategy: Type.Optional(
      choice(
        ['Rolling', 'Canary', 'BlueGreen'],
        'Rolling: pod by pod. Canary: a growing share of traffic. BlueGreen: all at once, with a way back.',
        {
          default: 'Rolling',
        },
      ),
    ),
    steps: Type.Optional(steps),
    interval: Type.Optional(duration('Time per step, and window of each measurement.')),
    analysis: Type.Optional(analysis),
    promotion: Type.Optional(
      choice(['Auto', 'Manual'], 'Manual waits for the annotation ecommerce.stack/promote before the last step.', {
        default: 'Auto',
      }),
    ),
    onAbort: Type.Optional(onAbort),
    stickiness: Type.Optional(stickiness),
    blueGreen: Type.Optional(blueGreen),
    progressDeadline: Type.Optional(duration('Time after which a rollout that does not move counts as failed.')),
  },
  {
    description: 'How the service moves to a new version.',
    ...rules(
      {
        cel: `${absent('steps')} || self.strategy == 'Canary'`,
        message: 'steps are only for strategy Canary (strategy is {self.strategy})',
        field: '.steps',
      },
      {
        cel: `${absent('blueGreen')} || self.strategy == 'BlueGreen'`,
        message: 'blueGreen is only for strategy BlueGreen (strategy is {self.strategy})',
        field: '.blueGreen',
      },
    ),
  },
);
