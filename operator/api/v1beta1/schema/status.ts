import Type from 'typebox';
import { componentStates, phases } from '../conditions.ts';
import { atomicList, choice, keyedList, mapOf, text } from './types.ts';

const optionalText = (description: string, maxLength: number) => Type.Optional(text(description, { maxLength }));
const time = (description: string) => text(description, { maxLength: 64 });
const words = <Names extends string>(table: Readonly<Record<Names, string>>): readonly Names[] =>
  // Object.keys forgets the literal types of the table's own keys.
  Object.keys(table) as Names[];

const condition = Type.Object(
  {
    type: text('Type of the condition, e.g. Ready.', { maxLength: 64, minLength: 1 }),
    status: choice(['True', 'False', 'Unknown'], 'Whether the condition holds.'),
    reason: text('One CamelCase word for machines.', { maxLength: 64, minLength: 1 }),
    message: text('A sentence for people, with the next step where there is one.', { maxLength: 2048 }),
    lastTransitionTime: Type.Unsafe<string>({
      type: 'string',
      format: 'date-time',
      description: 'When status last changed; does not move otherwise.',
    }),
    observedGeneration: Type.Integer({ description: 'Generation of the manifest that this speaks of.', minimum: 0 }),
  },
  { description: 'One observation in the form of the Kubernetes API conventions.' },
);

const component = Type.Object(
  {
    name: text('Name of the component, e.g. postgres.', { maxLength: 63 }),
    state: choice(words(componentStates), 'Where the component stands.'),
    reason: optionalText('One CamelCase word for machines.', 64),
    message: optionalText('A sentence for people, with the next step where there is one.', 1024),
    version: optionalText('Version of the running server, as it says itself.', 64),
    identity: optionalText(
      'Identity of its data, recorded at its first start; a mismatch later stalls the stack.',
      256,
    ),
    initialized: Type.Optional(
      Type.Boolean({ description: 'It has been ready at least once; never goes back to false.' }),
    ),
  },
  { description: 'One component of the stack.' },
);

const operation = Type.Object(
  {
    component: text('Component that the operation works on.', { maxLength: 63 }),
    kind: text('What is being done, e.g. RollingRestart.', { maxLength: 64 }),
    step: optionalText('The step under way, e.g. RestartReplica.', 64),
    target: optionalText('The pod or object that the step works on.', 253),
    startedAt: time('When the operation began, RFC 3339.'),
    progressedAt: Type.Optional(
      time(
        'When it last moved: another step, target, obstacle or message. After 30 min without, the stack is Stalled.',
      ),
    ),
    blockedBy: optionalText('Name of the safety check that holds the operation back.', 64),
    message: optionalText('What happens now, or what must happen first.', 1024),
  },
  { description: 'A day-2 operation under way.' },
);

const rollout = Type.Object(
  {
    service: text('Service that is moving to a new version.', { maxLength: 63 }),
    strategy: choice(['Rolling', 'Canary', 'BlueGreen'], 'How the service moves.'),
    phase: choice(
      ['Preparing', 'Stepping', 'Waiting', 'Promoting', 'Finalizing', 'Succeeded', 'Aborting', 'Aborted'],
      'Where the rollout stands.',
    ),
    fromVersion: optionalText('Version that serves the rest of the traffic.', 128),
    toVersion: optionalText('Version that is being introduced.', 128),
    weight: Type.Optional(
      Type.Integer({ description: 'Share of traffic on the new version, percent.', minimum: 0, maximum: 100 }),
    ),
    step: Type.Optional(Type.Integer({ description: 'Index of the step, from 0.', minimum: 0, maximum: 100 })),
    revision: optionalText('Hash of the new pod template; an aborted one is not tried again.', 64),
    startedAt: Type.Optional(time('When the rollout began, RFC 3339.')),
    message: optionalText('What happens now, or what must happen first.', 1024),
  },
  { description: 'A service on its way from one version to another.' },
);

const backup = Type.Object(
  {
    lastSuccessTime: Type.Optional(time('End of the newest complete and verified backup, RFC 3339.')),
    lastAttemptTime: Type.Optional(time('Start of the newest attempt, RFC 3339.')),
    lastName: optionalText('Name of the newest complete backup.', 253),
    lastSizeBytes: Type.Optional(
      Type.Integer({ description: 'Size of the newest complete backup, bytes.', minimum: 0 }),
    ),
    lastFailure: optionalText('Why the newest attempt failed; absent after a success.', 1024),
    lastRestoreTestTime: Type.Optional(time('End of the newest restore that was tried and compared, RFC 3339.')),
  },
  { description: 'Backups of the stack.' },
);

const effectiveStore = Type.Object(
  {
    mode: text('Who runs it.', { maxLength: 32 }),
    version: optionalText('Version that is asked for.', 64),
    image: optionalText('Image that it runs.', 512),
    instances: Type.Optional(Type.Integer({ description: 'Pods of the store.', minimum: 0 })),
    storageSize: optionalText('Size of each volume.', 32),
    storageClassName: optionalText('Storage class; absent means the default class of the cluster.', 253),
  },
  { description: 'One data store after profile and defaults.' },
);

const effectiveService = Type.Object(
  {
    image: text('Image that the service runs.', { maxLength: 512 }),
    replicas: text('Fixed number, or the bounds of its autoscaler, e.g. 2..6.', { maxLength: 32 }),
    cpu: text('CPU request and limit, e.g. 250m/500m.', { maxLength: 64 }),
    memory: text('Memory request and limit, e.g. 256Mi/512Mi.', { maxLength: 64 }),
  },
  { description: 'One service after profile and defaults.' },
);

const effective = Type.Object(
  {
    profile: text('Profile that the sizes come from.', { maxLength: 32 }),
    stores: mapOf(effectiveStore, 'Data stores by name.', { maxProperties: 8 }),
    services: mapOf(effectiveService, 'Enabled services by name.', { maxProperties: 16 }),
  },
  { description: 'What the operator works with after profile and defaults. The manifest itself is never changed.' },
);

const endpoints = mapOf(
  text('URL, or host and port.', { maxLength: 512 }),
  'Where the stack can be reached: url for browsers, and by component the address inside the cluster.',
  { maxProperties: 32 },
);

/** `status`: written only by the operator, one write per change, without times that move by themselves. */
export const statusSchema = Type.Object(
  {
    observedGeneration: Type.Optional(
      Type.Integer({
        description: 'Generation of the manifest that this status speaks of; -1 before the operator has seen any.',
        minimum: -1,
      }),
    ),
    phase: Type.Optional(choice(words(phases), 'One word for the state; the conditions say why.')),
    message: optionalText('One sentence: what is going on and what blocks it.', 2048),
    version: optionalText('Release that every enabled service runs; during an update still the old one.', 128),
    services: optionalText('Ready services of enabled services, e.g. 2/9.', 16),
    rollout: optionalText('Rollouts under way in short, e.g. product 20%.', 256),
    conditions: Type.Optional(
      keyedList(condition, ['type'], 'Observations: Ready always; Reconciling and Stalled only while True.', {
        maxItems: 48,
      }),
    ),
    components: Type.Optional(keyedList(component, ['name'], 'Every component and where it stands.', { maxItems: 32 })),
    operations: Type.Optional(
      keyedList(operation, ['component', 'kind'], 'Day-2 operations under way, and what blocks them.', {
        maxItems: 32,
      }),
    ),
    rollouts: Type.Optional(
      keyedList(rollout, ['service'], 'Services on their way to a new version.', { maxItems: 16 }),
    ),
    backup: Type.Optional(backup),
    endpoints: Type.Optional(endpoints),
    guarantees: Type.Optional(
      mapOf(
        text('One plain sentence.', { maxLength: 1024 }),
        'By component: what this configuration does and does not survive.',
        { maxProperties: 32 },
      ),
    ),
    warnings: Type.Optional(
      atomicList(
        text('A sentence.', { maxLength: 1024 }),
        'Things that work but that a careful operator would change.',
        { maxItems: 32 },
      ),
    ),
    effective: Type.Optional(effective),
    acknowledged: Type.Optional(
      mapOf(
        text('Token of the request.', { maxLength: 256 }),
        'By annotation under ecommerce.stack/: the last request that was carried out.',
        { maxProperties: 16 },
      ),
    ),
    operatorVersion: optionalText('Version of the operator that wrote this status.', 64),
  },
  {
    description: 'What the operator observed; written by the operator only.',
    // kstatus and `kubectl wait` take an object without a status for done: this one speaks from the moment it is accepted.
    default: { observedGeneration: -1, phase: 'Pending', message: 'No operator has looked at this stack yet.' },
  },
);
