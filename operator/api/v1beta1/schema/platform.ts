import Type from 'typebox';
import { cronSchedule, objectName, secretRef } from './common.ts';
import { rules } from './rules.ts';
import { choice, mapOf, text } from './types.ts';

const tls = Type.Object(
  {
    issuerRef: Type.Optional(
      Type.Object(
        {
          kind: Type.Optional(choice(['Issuer', 'ClusterIssuer'], 'Kind of the issuer.', { default: 'ClusterIssuer' })),
          name: objectName('Name of the issuer, e.g. letsencrypt.'),
        },
        { description: 'Issuer of cert-manager that makes and renews the certificate.' },
      ),
    ),
    secretName: Type.Optional(objectName('Secret of type kubernetes.io/tls; with issuerRef the Secret to fill.')),
  },
  {
    description: 'HTTPS; absent means plain HTTP.',
    ...rules({
      cel: 'has(self.issuerRef) || has(self.secretName)',
      message: 'tls needs issuerRef (cert-manager makes the certificate) or secretName (you bring it)',
    }),
  },
);

/** `spec.ingress` */
export const ingressSchema = Type.Object(
  {
    enabled: Type.Optional(
      Type.Boolean({ description: 'false: the gateway is reachable inside the cluster only.', default: true }),
    ),
    className: Type.Optional(objectName('IngressClass; the default class of the cluster when absent.')),
    tls: Type.Optional(tls),
    // 100 is the rate limit of the deployment guide's Ingress.
    rateLimitPerSecond: Type.Optional(
      Type.Integer({
        description: 'Requests per second and client address.',
        minimum: 1,
        maximum: 100_000,
        default: 100,
      }),
    ),
    annotations: Type.Optional(
      mapOf(
        text('Value.', { maxLength: 1024 }),
        'Extra annotations of the Ingress; they win over those of the operator.',
        {
          maxProperties: 32,
        },
      ),
    ),
  },
  { description: 'The way from spec.host to the gateway.' },
);

/** `spec.traffic` */
export const trafficSchema = Type.Object(
  {
    provider: Type.Optional(
      choice(['None', 'Istio', 'GatewayAPI'], 'What splits traffic between versions; None counts pods.', {
        default: 'None',
      }),
    ),
  },
  { description: 'How traffic is split during a rollout.' },
);

const s3 = Type.Object(
  {
    endpoint: Type.Optional(
      text('URL of the S3 service; AWS when absent.', {
        maxLength: 512,
        ...rules({
          cel: "self.matches('^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?$')",
          message: '"{self}" is no endpoint: write scheme, host and optional port, e.g. https://s3.example.com',
        }),
      }),
    ),
    bucket: text('Bucket; must exist.', {
      maxLength: 63,
      ...rules({
        cel: "self.matches('^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$')",
        message: '"{self}" is no bucket name: 3 to 63 lower-case letters, digits, "-" and "."',
      }),
    }),
    prefix: Type.Optional(
      text('Path inside the bucket, without "/" at both ends.', {
        maxLength: 256,
        default: '',
        ...rules({
          cel: "self.matches('^([A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*)?$')",
          message: '"{self}" is no prefix: write a path without "/" at both ends, e.g. backups/shop',
        }),
      }),
    ),
    region: Type.Optional(text('Region.', { maxLength: 64, default: 'us-east-1' })),
    credentialsSecretRef: secretRef('Secret with the keys accessKeyId and secretAccessKey.'),
  },
  { description: 'A bucket of S3 or of a server that speaks its protocol.' },
);

const days = (description: string, fallback: number) =>
  Type.Optional(Type.Integer({ description, minimum: 1, maximum: 36_500, default: fallback }));

// 30 days, 1 year and 7 years (with two leap days) are the deployment guide's retention.
const retention = Type.Object(
  {
    dailyDays: days('Daily backups are kept this long, days.', 30),
    weeklyDays: days('The first backup of each week is kept this long, days.', 365),
    monthlyDays: days('The first backup of each month is kept this long, days.', 2557),
  },
  {
    description: 'How long backups are kept.',
    ...rules({
      cel: 'self.dailyDays <= self.weeklyDays && self.weeklyDays <= self.monthlyDays',
      message:
        'retention must not shrink from daily {self.dailyDays} over weekly {self.weeklyDays} to monthly {self.monthlyDays} days: rarer backups are kept longer',
    }),
  },
);

/** `spec.backup` */
export const backupSchema = Type.Object(
  {
    // 02:00 every day is the deployment guide's backup time.
    schedule: Type.Optional(cronSchedule('When backups are made, five fields of cron.', { default: '0 2 * * *' })),
    timeZone: Type.Optional(
      text('Time zone of the schedules, e.g. Europe/Berlin.', {
        maxLength: 64,
        default: 'Etc/UTC',
        ...rules({
          cel: "self.matches('^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$')",
          message: '"{self}" is no time zone: write a name of the IANA database, e.g. Europe/Berlin',
        }),
      }),
    ),
    destination: Type.Object({ s3 }, { description: 'Where backups go.' }),
    retention: Type.Optional(retention),
    restoreTest: Type.Optional(
      Type.Object(
        {
          schedule: Type.Optional(
            cronSchedule('When a restore is tried, five fields of cron.', { default: '0 4 * * 0' }),
          ),
        },
        { description: 'Restores the newest backup into a throw-away database and compares it.' },
      ),
    ),
  },
  { description: 'Backups of the databases; absent means none.' },
);

const threshold = (description: string, fallback: number, maximum: number) =>
  Type.Optional(Type.Integer({ description, minimum: 1, maximum, default: fallback }));

/** `spec.monitoring` */
export const monitoringSchema = Type.Object(
  {
    prometheusRules: Type.Optional(
      Type.Boolean({ description: 'Alert rules (needs the Prometheus operator). On in profile Production.' }),
    ),
    serviceMonitors: Type.Optional(
      Type.Boolean({ description: 'Scrape configuration (needs the Prometheus operator). On in profile Production.' }),
    ),
    dashboards: Type.Optional(
      Type.Boolean({ description: 'Grafana dashboards as ConfigMaps. On in profile Production.' }),
    ),
    thresholds: Type.Optional(
      Type.Object(
        {
          // The first two are the deployment guide's alerts HighErrorRate and HighLatency.
          errorRatePercent: threshold('Alert when more requests than this fail, percent.', 5, 100),
          latencyP95Milliseconds: threshold('Alert when the 95th percentile is slower, milliseconds.', 1000, 600_000),
          backupAgeHours: threshold('Alert when the newest backup is older, hours.', 26, 8760),
          diskFreePercent: threshold('Alert when less of a volume is free, percent.', 15, 100),
        },
        { description: 'When alerts fire.' },
      ),
    ),
  },
  { description: 'Metrics, alerts and dashboards.' },
);

/** `spec.networkPolicy` */
export const networkPolicySchema = Type.Object(
  {
    enabled: Type.Optional(
      Type.Boolean({ description: 'Allow only the connections that the shop needs.', default: true }),
    ),
  },
  { description: 'Network policies around the stack.' },
);
