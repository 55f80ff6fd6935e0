/** Settings from environment variables: declared as data, read once, all faults reported together. */
import type { z } from 'zod';
import { wholeNumber } from './values.ts';

/** One environment variable. */
export interface Setting<Schema extends z.ZodType = z.ZodType> {
  readonly variable: string;
  /** Reads the text of the variable. */
  readonly schema: Schema;
  /** Text used when the variable is not set; absent: the setting is required or its schema accepts nothing. */
  readonly fallback?: string;
  readonly description: string;
  /** The value never appears in an error or a log. */
  readonly secret?: true;
}

export type SettingGroup = Readonly<Record<string, Setting>>;
export type SettingGroups = Readonly<Record<string, SettingGroup>>;

type Values<Group extends SettingGroup> = { readonly [Key in keyof Group]: z.output<Group[Key]['schema']> };
/** What `loadSettings` gives for a table of groups. */
export type Settings<Groups extends SettingGroups> = { readonly [Name in keyof Groups]: Values<Groups[Name]> };

/** Declares a setting; the type of its value comes from the schema. */
export function setting<Schema extends z.ZodType>(declaration: Setting<Schema>): Setting<Schema> {
  return declaration;
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

/**
 * Reads every setting of `groups` into a deeply frozen object.
 *
 * A variable that starts with `APP_` and is not in `known` (default: in `groups`) is a fault as well: it is a typing
 * error or a setting of another release, and ignoring it would hide that.
 */
export function loadSettings<const Groups extends SettingGroups>(
  groups: Groups,
  environment: Environment,
  known: SettingGroups = groups,
): Settings<Groups> {
  const faults = unknownVariables(known, environment);
  const values = mapValues(groups, (group) => mapValues(group, (entry) => readSetting(entry, environment, faults)));
  if (faults.length > 0) throw new SettingsError(faults);
  return values as Settings<Groups>; // each value came from the schema of its own setting
}

/** A Markdown table of the settings, for a service's README. */
export function describeSettings(groups: SettingGroups): string {
  const rows = Object.values(groups)
    .flatMap((group) => Object.values(group))
    .map((entry) => `| \`${entry.variable}\` | ${describeFallback(entry)} | ${entry.description} |`);
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

function describeFallback(entry: Setting): string {
  if (entry.fallback === undefined) return entry.schema.safeParse(undefined).success ? 'none' : '**required**';
  return entry.fallback === '' ? 'empty' : `\`${entry.fallback}\``;
}

function readSetting(entry: Setting, environment: Environment, faults: string[]): unknown {
  const raw = environment[entry.variable];
  // An empty variable means "not set": Kubernetes manifests and shells cannot easily unset one.
  const text = raw === undefined || raw === '' ? entry.fallback : raw;
  const result = entry.schema.safeParse(text);
  if (result.success) return deepFreeze(result.data);
  const reason = result.error.issues.map((issue) => issue.message).join('; ');
  faults.push(
    text === undefined ? `${entry.variable} is not set: ${entry.description}` : `${show(entry, text)}: ${reason}`,
  );
  return undefined;
}

function show(entry: Setting, text: string): string {
  return entry.secret === true ? `${entry.variable} (value hidden)` : `${entry.variable}=${JSON.stringify(text)}`;
}

function unknownVariables(known: SettingGroups, environment: Environment): string[] {
  const names = Object.values(known).flatMap((group) => Object.values(group).map((entry) => entry.variable));
  return Object.keys(environment)
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

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
