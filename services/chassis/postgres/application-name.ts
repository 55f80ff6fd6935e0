/** What sessions are called in `pg_stat_activity`: the service and its release, so that a migration sees who still runs. */

/** A program of ours that uses a database. */
export interface Release {
  readonly service: string;
  readonly version: string;
}

/** PostgreSQL keeps this much of a name. */
const longestBytes = 63;

/** Two words, e.g. `product 1.4.0`. PostgreSQL turns what is not ASCII into question marks, so we do it before it is compared. */
export function toApplicationName({ service, version }: Release): string {
  return `${service} ${version.replaceAll(/[^\x21-\x7e]/g, '?')}`.slice(0, longestBytes);
}
