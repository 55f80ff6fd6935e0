/**
 * Parameters of PostgreSQL that a manifest may not set: Patroni forms the cluster with them, the operator fits them to
 * the pods, the backups archive through them, or they trade committed data for speed.
 */
export const ownedParameters = [
  'archive_cleanup_command',
  'archive_command',
  'archive_library',
  'archive_mode',
  'cluster_name',
  'config_file',
  'data_directory',
  'event_source',
  'external_pid_file',
  'fsync',
  'full_page_writes',
  'hba_file',
  'hot_standby',
  'ident_file',
  'ignore_checksum_failure',
  'krb_server_keyfile',
  'listen_addresses',
  'log_destination',
  'log_directory',
  'log_filename',
  'logging_collector',
  'password_encryption',
  'port',
  'primary_conninfo',
  'primary_slot_name',
  'promote_trigger_file',
  'recovery_end_command',
  'restore_command',
  'stats_temp_directory',
  'synchronous_standby_names',
  'unix_socket_directories',
  'unix_socket_group',
  'unix_socket_permissions',
  'wal_level',
  'wal_log_hints',
  'zero_damaged_pages',
] as const;

/** Further owned parameters, by the beginning of their names. */
export const ownedParameterPattern = '^(ssl|recovery_target)';
