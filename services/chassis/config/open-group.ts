/** The settings of one group while the process runs: read once, and looked at again where they come from files. */
import { join } from 'node:path';
import type { Live } from './live.ts';
import type { SecretFiles } from './secret-files.ts';
import type { Environment, Reload, Setting, SettingGroup } from './settings.ts';

/** Where texts come from, as of one moment. */
export interface Source {
  readonly environment: Environment;
  /** Of the files. */
  readonly folder: string | undefined;
  readonly files: SecretFiles;
}

export interface OpenGroup {
  /** By key: the value, or for a live setting a `Live` of it. */
  readonly values: Readonly<Record<string, unknown>>;
  reload(source: Source): Reload;
}

const nothing: Reload = { applied: [], waiting: [], faults: [] };

/**
 * Reads the settings of a group; what is wrong goes to `faults`.
 *
 * What belongs together changes together: while something of the group has changed that is not live, such as the address that a login is
 * for, what is live stays as well. And a fault in one new value keeps all of the group as they are.
 */
export function openGroup(group: SettingGroup, first: Source, faults: string[]): OpenGroup {
  const cells = Object.entries(group).map(([key, entry]) => openCell(key, entry, first, faults));
  const live = cells.filter(({ entry }) => entry.live);
  const others = cells.filter(({ entry }) => !entry.live);
  return {
    values: Object.freeze(Object.fromEntries(cells.map(({ key, value }) => [key, value]))),
    reload: (source) => {
      const isNews = cells.map((cell) => cell.look(source)).includes(true);
      if (!isNews) return nothing;
      const changed = live.filter((cell) => cell.isChanged());
      const moved = others.filter((cell) => cell.isChanged());
      if (moved.length > 0) return { ...nothing, waiting: [...moved, ...changed].map(({ entry }) => entry.variable) };
      const wrong = changed.flatMap((cell) => cell.check() ?? []);
      if (wrong.length > 0) return { ...nothing, faults: wrong };
      for (const cell of changed) cell.apply();
      return { ...nothing, applied: changed.map(({ entry }) => entry.variable) };
    },
  };
}

interface Cell {
  readonly key: string;
  readonly entry: Setting;
  readonly value: unknown;
  /** Whether the text is another one than at the last look. */
  look(source: Source): boolean;
  /** Whether the text that was seen last is another one than that in force. */
  isChanged(): boolean;
  /** What is wrong with the text that was seen last. */
  check(): string | undefined;
  apply(): void;
}

function openCell(key: string, entry: Setting, first: Source, faults: string[]): Cell {
  let seen = readText(entry, first);
  let inForce = seen;
  const begun = parse(entry, seen);
  let current = begun.value;
  if (begun.fault !== undefined) faults.push(begun.fault);
  const live: Live<unknown> = {
    get current() {
      return current;
    },
  };
  return {
    key,
    entry,
    value: entry.live ? Object.freeze(live) : current,
    look: (source) => {
      const before = seen;
      seen = readText(entry, source);
      return seen.text !== before.text;
    },
    isChanged: () => seen.text !== inForce.text,
    check: () => parse(entry, seen).fault,
    apply: () => {
      inForce = seen;
      current = parse(entry, seen).value;
    },
  };
}

interface Text {
  readonly text: string | undefined;
  /** The file that it is from. */
  readonly file?: string;
}

/** The variable, else the file, else the fallback. An empty one counts as not set: manifests and shells cannot easily unset one. */
function readText({ variable, fallback }: Setting, { environment, folder = '', files }: Source): Text {
  const own = environment[variable];
  if (own !== undefined && own !== '') return { text: own };
  const text = files.get(variable);
  if (text !== undefined && text !== '') return { text, file: join(folder, variable) };
  return { text: fallback };
}

function parse(entry: Setting, given: Text): { readonly value?: unknown; readonly fault?: string } {
  const result = entry.schema.safeParse(given.text);
  if (result.success) return { value: deepFreeze(result.data) };
  if (given.text === undefined) return { fault: `${entry.variable} is not set: ${entry.description}` };
  const reason = result.error.issues.map((issue) => issue.message).join('; ');
  return { fault: `${show(entry, given)}: ${reason}` };
}

/** What is in a file is never shown: most of it is secret. */
function show(entry: Setting, { text, file }: Text): string {
  if (file !== undefined) return `${entry.variable} (file ${file}, value hidden)`;
  return entry.secret ? `${entry.variable} (value hidden)` : `${entry.variable}=${JSON.stringify(text)}`;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
