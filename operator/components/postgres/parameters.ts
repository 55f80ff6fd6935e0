import type { CompletePostgres } from '../../api/v1beta1/complete-stack.ts';
import { quantityToNumber } from '../../api/v1beta1/quantity.ts';

/** Server parameters by name, as PostgreSQL reads them. */
export type Parameters = Readonly<Record<string, string>>;

const mebibyte = 1024 * 1024;

/**
 * Defaults that follow from the pod's memory and the volume's size; the user's own parameters win.
 *
 * Memory: a quarter for shared buffers and three quarters as planner's hint are PostgreSQL's own advice
 * (runtime-config-resource); `max_connections` is what the rest carries, with 200 as the floor, whose use the report warns
 * of: whoever waits for a connection waits a moment, and a server without memory ends them all.
 * Volume: an eighth for WAL between checkpoints and a quarter for WAL that a lost standby still needs, so that neither
 * can fill it.
 */
export function defaultParameters(postgres: CompletePostgres): Parameters {
  const memory = memoryLimit(postgres);
  const volume = quantityToNumber(postgres.storage.size) / mebibyte;
  const maxConnections = clamp((memory - sharedBuffers(memory) - serverMebibytes) / connectionMebibytes, 200, 1000);
  const maxWal = clamp(volume / 8, 64, 8192);
  return {
    shared_buffers: megabytes(sharedBuffers(memory)),
    effective_cache_size: megabytes(clamp((memory * 3) / 4, 32, 1048576)),
    maintenance_work_mem: megabytes(clamp(memory / 16, 16, 1024)),
    work_mem: megabytes(clamp(memory / 4 / maxConnections, 4, 64)),
    max_connections: String(maxConnections),
    max_wal_size: megabytes(maxWal),
    min_wal_size: megabytes(clamp(maxWal / 4, 32, 1024)),
    max_slot_wal_keep_size: megabytes(clamp(volume / 4, 128, 65536)),
    ...fixedParameters,
  };
}

/**
 * What a connection takes, in MiB: measured in a shop at 200 requests a second when the kernel ended one, 5.3 of its own, the rest
 * page tables and buffers of sockets.
 */
const connectionMebibytes = 6.2;
/** Patroni, and the processes of the server without connections; measured in the same way. */
const serverMebibytes = 80;

function memoryLimit({ resources }: CompletePostgres): number {
  return quantityToNumber(resources.limits.memory) / mebibyte;
}

function sharedBuffers(memory: number): number {
  return clamp(memory / 4, 16, 16384);
}

/** What a server with so many connections takes at most, and what it may take, in MiB. */
export function memoryOf(
  postgres: CompletePostgres,
  connections: number,
): { readonly most: number; readonly limit: number } {
  const limit = memoryLimit(postgres);
  return { most: Math.ceil(sharedBuffers(limit) + serverMebibytes + connections * connectionMebibytes), limit };
}

const fixedParameters: Parameters = {
  wal_level: 'replica',
  // Room for standbys, their re-cloning (two connections each) and backups, without a restart when replicas are added.
  max_wal_senders: '16',
  max_replication_slots: '16',
  // Patroni's own defaults, written down so that taking a larger value of the user's away is seen as lowering it.
  max_locks_per_transaction: '64',
  max_prepared_transactions: '0',
  max_worker_processes: '8',
  // A standby on a lost node would hold up synchronous commits for PostgreSQL's default of 60 s.
  wal_sender_timeout: '10s',
  wal_receiver_timeout: '10s',
  // A client on a lost node must not hold locks for the two hours of Linux's default.
  tcp_keepalives_idle: '30',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '3',
  idle_in_transaction_session_timeout: '60s',
  // Cloud volumes are SSDs: random reads cost about as much as sequential ones.
  random_page_cost: '1.1',
  log_lock_waits: 'on',
  track_io_timing: 'on',
};

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, Math.floor(value)));
}

function megabytes(value: number): string {
  return `${value}MB`;
}

/** What the servers shall run with: our defaults under the user's parameters, sorted by name. */
export function wantedParameters(postgres: CompletePostgres): Parameters {
  const allowed = Object.entries(postgres.parameters).filter(([name]) => refusalOf(name) === undefined);
  const users = Object.fromEntries(allowed.map(([name, value]) => [name.toLowerCase(), value]));
  const merged = { ...defaultParameters(postgres), ...users };
  return Object.fromEntries(Object.entries(merged).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One parameter of the manifest that may not be set there, and why. */
export interface RefusedParameter {
  readonly name: string;
  readonly why: string;
}

/** Every parameter of the manifest that somebody else owns, sorted by name. */
export function refusedParameters(postgres: CompletePostgres): readonly RefusedParameter[] {
  return Object.keys(postgres.parameters)
    .toSorted()
    .flatMap((name) => {
      const why = refusalOf(name);
      return why === undefined ? [] : [{ name, why }];
    });
}

const byPatroni = 'Patroni sets it to form the cluster and to fail over';
const byOperator = 'the operator sets it to fit the pods';
const byBackups = 'it belongs to the archiving of backups';
const safety = 'the shop never trades committed data for speed';

/** Parameters that are not the user's, with the reason. Names are compared in lower case, as PostgreSQL does. */
const refusals: Readonly<Record<string, string>> = {
  ...because(byPatroni, [
    'cluster_name',
    'hot_standby',
    'listen_addresses',
    'port',
    'primary_conninfo',
    'primary_slot_name',
    'promote_trigger_file',
    'recovery_end_command',
    'synchronous_standby_names',
    'wal_log_hints',
  ]),
  ...because(byOperator, [
    'config_file',
    'data_directory',
    'event_source',
    'external_pid_file',
    'hba_file',
    'ident_file',
    'krb_server_keyfile',
    'log_destination',
    'log_directory',
    'log_filename',
    'logging_collector',
    'password_encryption',
    'stats_temp_directory',
    'unix_socket_directories',
    'unix_socket_group',
    'unix_socket_permissions',
    'wal_level',
  ]),
  ...because(byBackups, [
    'archive_cleanup_command',
    'archive_command',
    'archive_library',
    'archive_mode',
    'restore_command',
  ]),
  ...because(safety, ['fsync', 'full_page_writes', 'ignore_checksum_failure', 'zero_damaged_pages']),
};

function because(why: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, why]));
}

function refusalOf(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (lower.startsWith('ssl')) {
    return byOperator;
  }
  return lower.startsWith('recovery_target') ? byBackups : refusals[lower];
}

/**
 * Parameters that a standby may not have lower than its primary: raised on standbys first, lowered on the primary
 * first (PostgreSQL, "Hot Standby", administrator's overview). All are whole numbers without a unit.
 */
export const standbySensitive = [
  'max_connections',
  'max_locks_per_transaction',
  'max_prepared_transactions',
  'max_wal_senders',
  'max_worker_processes',
] as const;
