import type { CompletionInput } from '../complete.ts';
import type { CompleteBackup, CompleteIngress, CompleteMonitoring } from '../complete-stack.ts';
import type { EcommerceStack, EcommerceStackSpec } from '../ecommerce-stack.ts';
import { profiles } from '../profiles.ts';
import { storeImage } from './images.ts';

/** `spec.ingress` completed. */
export function completeIngress({ metadata, spec }: EcommerceStack): CompleteIngress {
  const stated = spec.ingress;
  return {
    enabled: stated?.enabled ?? true,
    ...(stated?.className === undefined ? {} : { className: stated.className }),
    ...(stated?.tls === undefined ? {} : { tls: completeTls(stated.tls, `${metadata.name}-tls`) }),
    rateLimitPerSecond: stated?.rateLimitPerSecond ?? 100,
    annotations: stated?.annotations ?? {},
  };
}

type StatedTls = NonNullable<NonNullable<EcommerceStackSpec['ingress']>['tls']>;

function completeTls(stated: StatedTls, defaultSecret: string): NonNullable<CompleteIngress['tls']> {
  const secretName = stated.secretName ?? defaultSecret;
  const { issuerRef } = stated;
  return issuerRef === undefined
    ? { secretName }
    : { secretName, issuerRef: { kind: issuerRef.kind ?? 'ClusterIssuer', name: issuerRef.name } };
}

/** `spec.backup` completed; `undefined` without it. */
export function completeBackup(input: CompletionInput): CompleteBackup | undefined {
  const stated = input.object.spec.backup;
  if (stated === undefined) {
    return undefined;
  }
  const { retention, restoreTest } = stated;
  return {
    image: input.object.spec.images?.overrides?.backup ?? storeImage('postgres', input),
    schedule: stated.schedule ?? '0 2 * * *',
    timeZone: stated.timeZone ?? 'Etc/UTC',
    s3: completeS3(stated.destination.s3),
    retention: {
      dailyDays: retention?.dailyDays ?? 30,
      weeklyDays: retention?.weeklyDays ?? 365,
      monthlyDays: retention?.monthlyDays ?? 2557,
    },
    ...(restoreTest === undefined ? {} : { restoreTestSchedule: restoreTest.schedule ?? '0 4 * * 0' }),
  };
}

type StatedS3 = NonNullable<EcommerceStackSpec['backup']>['destination']['s3'];

function completeS3(stated: StatedS3): CompleteBackup['s3'] {
  return {
    ...(stated.endpoint === undefined ? {} : { endpoint: stated.endpoint }),
    bucket: stated.bucket,
    prefix: stated.prefix ?? '',
    region: stated.region ?? 'us-east-1',
    credentialsSecretName: stated.credentialsSecretRef.name,
  };
}

/** `spec.monitoring` completed. */
export function completeMonitoring(spec: EcommerceStackSpec): CompleteMonitoring {
  const stated = spec.monitoring;
  const byProfile = profiles[spec.profile].monitoring;
  const thresholds = stated?.thresholds;
  return {
    prometheusRules: stated?.prometheusRules ?? byProfile,
    serviceMonitors: stated?.serviceMonitors ?? byProfile,
    dashboards: stated?.dashboards ?? byProfile,
    thresholds: {
      errorRatePercent: thresholds?.errorRatePercent ?? 5,
      latencyP95Milliseconds: thresholds?.latencyP95Milliseconds ?? 1000,
      backupAgeHours: thresholds?.backupAgeHours ?? 26,
      diskFreePercent: thresholds?.diskFreePercent ?? 15,
    },
  };
}
