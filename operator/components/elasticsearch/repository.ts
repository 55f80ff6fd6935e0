import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';

/** A snapshot repository as Elasticsearch's API takes it; its login is in the keystore of the nodes. */
export interface Repository {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** Where snapshots go: a folder of its own in the bucket of the backups; `undefined` without backups. */
export function wantedRepository({ name, namespace, backup }: CompleteStack): Repository | undefined {
  if (backup === undefined) {
    return undefined;
  }
  const { bucket, endpoint, prefix, region } = backup.s3;
  const folder = [prefix.replace(/^\/+|\/+$/g, ''), namespace, name, 'elasticsearch'].filter((part) => part !== '');
  return {
    name: 'ecommerce-backup',
    settings: {
      bucket,
      base_path: folder.join('/'),
      region,
      ...(endpoint === undefined ? {} : { endpoint, path_style_access: 'true' }),
    },
  };
}
