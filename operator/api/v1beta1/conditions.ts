/** Words of the status: condition types, phases and reasons, each with its meaning; the reference is generated from them. */

/** `status.phase`: one word for a column; never the only place where something is said. */
export const phases = {
  Pending: 'Accepted, nothing has been created yet.',
  Creating: 'The stack is being built for the first time.',
  Updating: 'A change of the manifest or a day-2 operation is under way; the shop serves.',
  Ready: 'Everything is as the manifest says.',
  Degraded: 'The shop was ready before, and a part of it is not now.',
  Stalled: 'Only a person can go on: see the condition Stalled.',
  Paused: 'The annotation ecommerce.stack/pause keeps changes back.',
  Deleting: 'The stack is being deleted.',
} as const;
export type Phase = keyof typeof phases;

/** Types of the conditions that the engine writes; polarity as kstatus reads it. */
export const conditionTypes = {
  Ready: 'The summary: True when every enabled part works and runs what the manifest says. Always present.',
  Reconciling: 'True while work remains; absent otherwise.',
  Stalled: 'True when the operator cannot go on without a person; absent otherwise.',
  SpecValid: 'False when the manifest breaks a rule; nothing is changed until it is corrected.',
  Paused: 'True while the annotation ecommerce.stack/pause keeps changes back; absent otherwise.',
  PostgresReady: 'PostgreSQL answers queries and has the replicas it should have.',
  RedisReady: 'The Redis Cluster covers all slots and has the replicas it should have.',
  KafkaReady: 'The Kafka brokers form a quorum and all partitions have a leader.',
  ElasticsearchReady: 'The Elasticsearch cluster is green.',
  ServicesReady: 'Every enabled service has its replicas available at the wanted version.',
  IngressReady: 'The host name leads to the gateway.',
  TrafficReady: 'The traffic provider accepted the routes.',
  BackupHealthy: 'The newest backup is complete, verified and young enough.',
  MonitoringReady: 'Alert rules, scrape configuration and dashboards are in place.',
  NetworkPolicyReady: 'Only the paths that the shop needs are open.',
  HighAvailability: 'False when the loss of one pod or node stops a part of the shop.',
  Degraded: 'True while a part that was ready before is not; absent otherwise.',
  RolloutProgressing: 'True while a service moves to a new version; absent otherwise.',
  RolloutAborted: 'True after a rollout was taken back; the old version serves.',
  NotImplemented:
    'True while the manifest asks for something that this operator version cannot build; absent otherwise.',
  UpgradeAvailable: 'True when a newer tested version of a store exists; absent otherwise.',
} as const;
export type ConditionType = keyof typeof conditionTypes;

/** Reasons of the engine's own conditions; components add theirs in `Readiness.reason`. */
export const reasons = {
  AllReady: 'Every enabled part is ready.',
  PartsNotReady: 'The named parts are not ready yet.',
  PartsFailed: 'The named parts failed; the others go on.',
  Reconciling: 'The operator is working on the stack.',
  ApplyFailed: 'The API server refused an object, or could not be asked; tried again.',
  SpecValid: 'The manifest keeps every rule.',
  SpecInvalid: 'The manifest breaks a rule; the message names the field, the value and what is allowed.',
  WaitingForDependency: 'The part waits for another one to become ready.',
  WaitingForTurn: 'The service waits to be updated: services are updated one after the other.',
  WaitingForMigration: 'The part waits for its database migration to finish.',
  InputSecretMissing: 'A Secret that the manifest names, or a key in it, does not exist.',
  NotImplemented: 'The manifest asks for a part that this operator version cannot build yet.',
  Disabled: 'The manifest switches the part off.',
  ComponentReady: 'The part works and runs what the manifest says.',
  ComponentFailed: 'The part failed; the message says what to do.',
  IdentityMismatch: 'The data found is not the data that this stack recorded; nothing is touched.',
  PausedAll: 'Annotation ecommerce.stack/pause=all: only the status is written.',
  ChangesHeldBack: 'Changes of the manifest wait until the annotation ecommerce.stack/pause is removed.',
  PausedRollouts: 'Annotation ecommerce.stack/pause=rollouts: healing goes on, templates stay as they are.',
  SinglePointOfFailure: 'The named parts have one instance only.',
  Redundant: 'Every data store and service has a second instance.',
  OperationInProgress: 'A day-2 operation is under way; see status.operations.',
  OperationBlocked: 'A day-2 operation is wanted but not safe now; blockedBy names the check that says no.',
  OperationRefused: 'The API server refuses a step of a day-2 operation; the message has its words.',
  OperationOverdue: 'A day-2 operation has made no progress until its deadline; the message says what holds it.',
  Deleting: 'The stack is being deleted.',
  Conflict: 'An object of that name exists and is not ours.',
  InternalError: 'A fault of the operator itself; tried again, the log has the details.',
} as const;
export type Reason = keyof typeof reasons;

/** Reasons of the components: why one is not ready, or a warning. The message of each says what to do. */
export const componentReasons = {
  // Pods and volumes, of every component.
  PodUnschedulable: 'No node has room for a pod, or none fits its rules.',
  ImagePullFailed: 'An image cannot be pulled: wrong name, missing credentials, or the registry does not answer.',
  PodConfigError: 'A pod names a Secret, ConfigMap or key that does not exist.',
  PodCrashing: 'A container ends again and again; its log says why.',
  PodsPending: 'Pods are being created.',
  PodsNotReady: 'Pods run and are not ready yet.',
  VolumePending: 'A volume is not bound yet.',
  VolumeGrowing: 'Volumes are growing to the size that the manifest says.',
  VolumeExpansionRefused: 'The storage class does not let volumes grow.',
  VolumeLost: 'A volume is gone together with its data.',
  Creating: 'Objects are being created for the first time.',
  Updating: 'Pods are being replaced by ones of the new template.',
  Rolling: 'Pods are restarted one by one.',
  RollingOut: 'A new version is being rolled out.',
  RolloutStuck: 'A rollout makes no progress; the pods of the last version go on serving.',
  Scaling: 'Pods are being added or taken away.',
  AutoscalerInactive: 'An autoscaler cannot read what it decides by and leaves the number of pods as it is.',
  // Credentials and connections.
  CredentialsLost: 'The Secret with the passwords of existing data is gone; only a backup has them.',
  CredentialsPending: 'Passwords are being generated.',
  WaitingForCredentials: 'Passwords are being generated.',
  WaitingForConnectionSecret: 'Mode External: the Secret with the connection does not exist yet.',
  InvalidConnectionSecret: 'Mode External: the Secret with the connection holds something that cannot be used.',
  AuthenticationFailed: 'The server refuses user or password.',
  PasswordRejected: 'The server refuses the password.',
  LoginRefused: 'The server does not let the user in from here.',
  InsufficientRights: 'The user may not do what is needed to set up the databases.',
  NotOurs: 'A role or database of that name exists already and belongs to somebody else.',
  DatabaseMissing: 'The database that the connection names does not exist.',
  HostUnknown: 'The host name of the server cannot be resolved.',
  Unreachable: 'The server does not answer.',
  NodeUnreachable: 'A node of the cluster does not answer.',
  TlsUnsupported: 'The server does not speak TLS and the connection demands it.',
  CertificateRejected: "The server's certificate is not trusted.",
  TooManyConnections: 'The server has no connection left.',
  QueryFailed: 'The server answered a query with an error.',
  ServerStarting: 'The server is starting or recovering.',
  // Data and its safety.
  DataMissing: 'The stack had data before, and the volumes are empty; nothing is created over it.',
  ShardLost: 'All nodes of a shard are gone together with their data.',
  PersistenceFailing: 'A server cannot write its data to disk.',
  MajorVersionChange: 'The manifest asks for another major version than the data has.',
  // PostgreSQL.
  Promoting: 'A replica is taking over as primary.',
  ReplicasNotStreaming: 'A replica does not receive changes from the primary.',
  NoSynchronousStandby: 'No replica confirms commits, so one lost pod could lose data.',
  ReadOnlyServer: 'The server is read-only: it is a replica, or in recovery.',
  SettingUpDatabases: 'Roles and databases of the services are being created.',
  InvalidParameters: 'A parameter in the manifest cannot be set.',
  UnknownParameters: 'A parameter in the manifest is unknown to this version of the server.',
  RestartPending: 'A changed parameter takes effect at the next restart.',
  CommitsNotWaiting: 'Commits do not wait for a replica.',
  ConnectionsMayRunOut: 'The services may ask for more connections than the server allows.',
  MemoryMayRunOut: 'The connections that the services may open take more memory than the server has.',
  ChangingSettings: 'The servers are being told of changed parameters.',
  FailoverPaused: 'Automatic failover is switched off by hand.',
  // Redis.
  Forming: 'The nodes are being joined into a cluster.',
  ClusterModeRequired: 'The server is not a Redis Cluster.',
  ClusterNotOk: 'A node says that the cluster is not whole.',
  SlotsUncovered: 'A part of the keys has no node that serves it.',
  ReplicasSyncing: 'Replicas are copying the data of their shard.',
  Rebalancing: 'Keys are moving between shards.',
  NodeLoading: 'A node is reading its data from disk.',
  MemoryNearlyFull: 'A node is close to its memory limit; writes will be refused.',
  ReplicasBesidePrimary: 'A shard and its replica are on the same machine.',
  // Kafka.
  QuorumPending: 'The controllers have not elected a leader yet, so that no broker takes clients.',
  QuorumIncomplete: 'A controller has no vote yet.',
  BrokersPending: 'A broker is not registered yet.',
  PartitionsOffline: 'Partitions have no leader and can neither be written nor read.',
  CopiesSyncing: 'Copies of partitions are behind their leader.',
  UsersPending: 'Users of services are being created or get a new password.',
  TopicsPending: 'Topics are being created or get more partitions.',
  TopicsMissing: 'Topics are missing and the operator may not create them.',
  RightsPending: 'Rights of services on topics are being given.',
  ScaleInRefused: 'The manifest asks for fewer brokers than run; brokers are not taken away.',
  PartitionsSurplus: 'A topic has more partitions than the manifest says; they cannot be taken away.',
  // Elasticsearch.
  MasterPending: 'The nodes have not elected a master yet.',
  NodesPending: 'A node has not joined the cluster yet.',
  ShardsUnavailable: 'Shards have no primary that serves: their indices cannot be used.',
  CopiesAllocating: 'Copies of shards are being placed or filled.',
  DiskFull: 'A disk is so full that indices refuse writes.',
  DiskNearlyFull: 'A disk is so full that the server will soon put nothing more onto it.',
  MapCountLow: 'A machine does not let the server map as many files into memory as it wants to.',
  VersionRefused: 'The version cannot follow the one that the data has.',
  // Services.
  Migrating: 'The database is being migrated.',
  MigrationFailed: 'The migration of the database failed; the service stays at its last version.',
} as const;
export type ComponentReason = keyof typeof componentReasons;

/** `status.components[].state`. */
export const componentStates = {
  Ready: 'Works and runs what the manifest says.',
  Progressing: 'On its way; nobody needs to act.',
  Waiting: 'Applied, and waits for another component.',
  Failed: 'Does not work; the message says what to do.',
  NotImplemented: 'Asked for, but this operator version cannot build it yet.',
} as const;
export type ComponentState = keyof typeof componentStates;

/** Reasons of Kubernetes Events; a fixed list, so that alerts can match them. */
export const eventReasons = {
  Repaired: 'An object that somebody edited or deleted was put back.',
  Pruned: 'An object that the manifest no longer asks for was deleted.',
  Ready: 'The stack became ready.',
  NotReady: 'The stack is no longer ready.',
  Stalled: 'The operator cannot go on without a person.',
  SpecInvalid: 'The manifest breaks a rule.',
  ComponentReady: 'A component became ready.',
  ComponentFailed: 'A component failed.',
  OperationStarted: 'A day-2 operation began.',
  OperationStep: 'A day-2 operation made a step.',
  OperationFinished: 'A day-2 operation ended.',
  OperationBlocked: 'A day-2 operation is not safe now.',
  Adopted: 'Data of an earlier stack of the same name was taken over.',
  Retained: 'Data was kept when the stack was deleted.',
  Paused: 'Changes are kept back by annotation.',
  Resumed: 'Changes are made again.',
} as const;
export type EventReason = keyof typeof eventReasons;
