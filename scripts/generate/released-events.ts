/** `services/contracts/events/generated/released.json`: the schemas of all released events, and what may become of them. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { eventCatalog } from '../../services/contracts/events/catalog.ts';
import type { EventType } from '../../services/contracts/events/event-type.ts';

export const releasedPath = 'services/contracts/events/generated/released.json';

type Node = Readonly<Record<string, unknown>>;
/** JSON Schema of the data, by type. */
export type Schemas = Readonly<Record<string, Node>>;

/** What the code says now. */
export function currentSchemas(catalog: readonly Pick<EventType, 'type' | 'schema'>[] = eventCatalog): Schemas {
  const entries = catalog.map(({ type, schema }): [string, Node] => {
    const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' });
    return [type, withoutTexts(rest) as Node]; // an object stays one
  });
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is committed. */
export function releasedSchemas(): Schemas {
  const text = readFileSync(new URL(`../../${releasedPath}`, import.meta.url), 'utf8');
  const { $comment: _notice, ...schemas } = JSON.parse(text) as Schemas; // written by us
  return schemas;
}

/**
 * The file as it shall be. Fails on a change that is not compatible, so that writing the file anew hides none: a type that nobody
 * handles any more is taken out of the file by hand.
 */
export function renderReleasedEvents(notice: string): string {
  const schemas = currentSchemas();
  const breaks = findBreaks(releasedSchemas(), schemas);
  if (breaks.length > 0) throw new Error(`released events only get optional fields:\n${breaks.join('\n')}`);
  return `${JSON.stringify({ $comment: notice, ...schemas }, null, 1)}\n`;
}

/**
 * Every change of a released type but one: a field more that may be missing. Consumers of the release before read what this one
 * sends, and this one reads what lies in the topics: so nothing may get narrower, and nothing wider.
 */
export function findBreaks(released: Schemas, current: Schemas): readonly string[] {
  return Object.entries(released).flatMap(([type, was]) => {
    const is = current[type];
    if (is === undefined) return [`${type}: removed; as long as somebody may handle it, it stays`];
    return compare(was, is, { path: '', was, is }).map((what) => `${type} ${what}; make it a new type`);
  });
}

interface Place {
  readonly path: string;
  /** Whole schemas, for what they refer to. */
  readonly was: Node;
  readonly is: Node;
}

function compare(was: unknown, is: unknown, place: Place): readonly string[] {
  const before = resolve(was, place.was);
  const now = resolve(is, place.is);
  if (!isNode(before) || !isNode(now)) {
    const [old, fresh] = [JSON.stringify(before), JSON.stringify(now)];
    return old === fresh ? [] : [`${place.path || '/'}: was ${old ?? 'not there'} and is ${fresh ?? 'not there'}`];
  }
  const keywords = new Set([...Object.keys(before), ...Object.keys(now)]);
  for (const handled of ['$defs', 'properties', 'required']) keywords.delete(handled);
  return [
    ...compareProperties(before, now, place),
    ...[...keywords].flatMap((keyword) =>
      compare(before[keyword], now[keyword], { ...place, path: `${place.path}#${keyword}` }),
    ),
  ];
}

function compareProperties(before: Node, now: Node, place: Place): readonly string[] {
  const [old, fresh] = [propertiesOf(before), propertiesOf(now)];
  const [needed, needs] = [requiredOf(before), requiredOf(now)];
  return [
    ...Object.keys(old).flatMap((name) => {
      const path = `${place.path}/${name}`;
      return name in fresh ? compare(old[name], fresh[name], { ...place, path }) : [`${path}: removed`];
    }),
    ...needs.filter((name) => !needed.includes(name)).map((name) => `${place.path}/${name}: newly required`),
    ...needed
      .filter((name) => !needs.includes(name) && String(name) in fresh)
      .map((name) => `${place.path}/${name}: may be missing now`),
  ];
}

function propertiesOf({ properties }: Node): Node {
  return isNode(properties) ? properties : {};
}

function requiredOf({ required }: Node): readonly unknown[] {
  return Array.isArray(required) ? required : [];
}

function resolve(value: unknown, root: Node): unknown {
  if (!isNode(value) || typeof value['$ref'] !== 'string') return value;
  const [, , name = ''] = value['$ref'].split('/');
  const definitions = root['$defs'];
  return isNode(definitions) ? definitions[name] : undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

/** Texts for people may change at any time. */
function withoutTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTexts);
  if (!isNode(value)) return value;
  const entries = Object.entries(value).filter(([key, inner]) => key !== 'description' || typeof inner !== 'string');
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutTexts(inner)]));
}
