/** Settings from environment variables and files: declared as data, all faults reported together. */
import type { z } from 'zod';
import type { Live } from './live.ts';
import { openGroup, type Source } from './open-group.ts';
import { folderVariable, readSecretFiles, type SecretFiles } from './secret-files.ts';
import { wholeNumber } from './values.ts';

/** One environment variable, or the file of its name. */
export interface Setting<Schema extends z.ZodType = z.ZodType> {
  readonly variable: string;
  /** Reads the text of the variable. */
  readonly schema: Schema;
  /** Text used when the variable is not set; absent: the setting is required or its schema accepts nothing. */
  readonly fallback?: string;
  readonly description: string;
  /** The value never appears in an error or a log. */
  readonly secret?: true;
  /** A changed file is taken over while the process runs: see `liveSetting`. */
  readonly live?: true;
}

/** A setting whose value may change: whoever uses it is given a `Live`. */
export interface LiveSetting<Schema extends z.ZodType = z.ZodType> extends Setting<Schema> {
  readonly live: true;
}

export type SettingGroup = Readonly<Record<string, Setting>>;
export type SettingGroups = Readonly<Record<string, SettingGroup>>;

type Value<Entry extends Setting> = Entry extends LiveSetting
  ? Live<z.output<Entry['schema']>>
  : z.output<Entry['schema']>;
type Values<Group extends SettingGroup> = { readonly [Key in keyof Group]: Value<Group[Key]> };
/** What `loadSettings` gives for a table of groups. */
export type Settings<Groups extends SettingGroups> = { readonly [Name in keyof Groups]: Values<Groups[Name]> };

/** Declares a setting; the type of its value comes from the schema. */
export function setting<Schema extends z.ZodType>(declaration: Setting<Schema>): Setting<Schema> {
  return declaration;
}

/** Declares a setting whose file may change while the process runs. */
export function liveSetting<Schema extends z.ZodType>(declaration: Omit<Setting<Schema>, 'live'>): LiveSetting<Schema> {
  return { ...declaration, live: true };
}

/** A whole number within a range, both ends included, and what it is when the variable is absent. */
export function numberSetting(
  variable: string,
  range: readonly [number, number],
  fallback: number,
  description: string,
) {
  return setting({ variable, schema: wholeNumber(...range), fallback: String(fallback), description });
}

/** The environment is not usable: the message lists every fault at once. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`the environment has ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a look at the files has found since the one before; names and reasons, never values. */
export interface Reload {
  /** Variables whose new values are in force. */
  readonly applied: readonly string[];
  /** Variables that have changed and are read by the next process only. */
  readonly waiting: readonly string[];
  /** What is wrong with new values; those before stay in force. */
  readonly faults: readonly string[];
}

export interface OpenedSettings<Groups extends SettingGroups> {
  readonly settings: Settings<Groups>;
  /** Reads the files again; absent where there are none. Throws when they cannot be read. */
  readonly reload: (() => Reload) | undefined;
}

/** Reads every setting of `groups` once, as `openSettings` does. */
export function loadSettings<const Groups extends SettingGroups>(
  groups: Groups,
  environment: Environment,
  known: SettingGroups = groups,
): Settings<Groups> {
  return openSettings(groups, environment, known).settings;
}

/**
 * Reads every setting of `groups` into a deeply frozen object: from its variable, or else from the file of that name in
 * `APP_SECRETS_DIR`. Only what is live changes afterwards, and only when it is looked at again.
 *
 * A variable or a file that starts with `APP_` and is not in `known` (default: in `groups`) is a fault as well: it is a typing
 * error or a setting of another release, and ignoring it would hide that.
 */
export function openSettings<const Groups extends SettingGroups>(
  groups: Groups,
  environment: Environment,
  known: SettingGroups = groups,
): OpenedSettings<Groups> {
  const folder = environment[folderVariable] || undefined;
  const faults = unknownVariables(known, Object.keys(environment));
  const files = folder === undefined ? noFiles : readFirst(folder, faults);
  faults.push(...unknownVariables(known, [...files.keys()]).map((fault) => `the file ${fault}`));
  const source: Source = { environment, folder, files };
  const opened = mapValues(groups, (group) => openGroup(group, source, faults));
  if (faults.length > 0) throw new SettingsError(faults);
  const settings = mapValues(opened, ({ values }) => values) as Settings<Groups>; // each value came from the schema of its own setting
  if (folder === undefined) return { settings, reload: undefined };
  return {
    settings,
    reload: () => {
      const present: Source = { environment, folder, files: readSecretFiles(folder) };
      return merge(Object.values(opened).map((group) => group.reload(present)));
    },
  };
}

function readFirst(folder: string, faults: string[]): SecretFiles {
  try {
    return readSecretFiles(folder);
  } catch (error) {
    faults.push(
      `${folderVariable}=${JSON.stringify(folder)}: ${error instanceof Error ? error.message : 'cannot be read'}`,
    );
    return noFiles;
  }
}

const noFiles: SecretFiles = new Map();

function merge(reloads: readonly Reload[]): Reload {
  return {
    applied: reloads.flatMap(({ applied }) => applied),
    waiting: reloads.flatMap(({ waiting }) => waiting),
    faults: reloads.flatMap(({ faults }) => faults),
  };
}

/** A Markdown table of the settings, for a service's README. */
export function describeSettings(groups: SettingGroups): string {
  const rows = Object.values(groups)
    .flatMap((group) => Object.values(group))
    .map(
      (entry) =>
        `| \`${entry.variable}\` | ${describeFallback(entry)} | ${entry.description}${entry.live ? ' **Live.**' : ''} |`,
    );
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

function describeFallback(entry: Setting): string {
  if (entry.fallback === undefined) return entry.schema.safeParse(undefined).success ? 'none' : '**required**';
  return entry.fallback === '' ? 'empty' : `\`${entry.fallback}\``;
}

function unknownVariables(known: SettingGroups, given: readonly string[]): string[] {
  const names = Object.values(known).flatMap((group) => Object.values(group).map((entry) => entry.variable));
  return given
    .filter((name) => name.startsWith('APP_') && !names.includes(name))
    .toSorted()
    .map((name) => `${name} is not a setting of this service${suggest(name, names)}`);
}

function suggest(name: string, names: readonly string[]): string {
  const near = names
    .map((candidate) => ({ candidate, edits: distance(name, candidate) }))
    .filter(({ edits }) => edits <= 3)
    .toSorted((left, right) => left.edits - right.edits);
  return near[0] === undefined ? '' : `; did you mean ${near[0].candidate}?`;
}

/** Edit distance (Levenshtein), for suggestions. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replace = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

function mapValues<In, Out>(
  record: Readonly<Record<string, In>>,
  map: (value: In) => Out,
): Readonly<Record<string, Out>> {
  return Object.freeze(Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)])));
}
