import type { Expression } from '../cel/ast.ts';
import { evaluate, type Scope } from '../cel/evaluate.ts';
import { EvaluationError } from '../cel/functions.ts';
import { parseExpression } from '../cel/parse.ts';
import type { SchemaNode, ValidationRule } from './crd-schema.ts';
import { childrenOf, isRecord } from './schema-walk.ts';

/** A rule that does not hold, with the sentence that the API server would give. */
export interface RuleFault {
  readonly path: string;
  readonly value: string | undefined;
  readonly detail: string;
}

/** Runs the rules of every node; those on changes only where there is an old value to compare with. */
export function checkRules(node: SchemaNode, value: unknown, old: unknown, path: string): readonly RuleFault[] {
  const own = (node['x-kubernetes-validations'] ?? [])
    .filter(({ rule }) => old !== undefined || !/\boldSelf\b/.test(rule))
    .flatMap((rule) => checkRule(rule, value, old, path));
  const below = childrenOf({ node, value, old, path }, (parent, name) => `${parent}[${name}]`).flatMap((child) =>
    checkRules(child.node, child.value, child.old, child.path),
  );
  return [...own, ...below];
}

function checkRule(rule: ValidationRule, value: unknown, old: unknown, path: string): readonly RuleFault[] {
  const scope: Scope = old === undefined ? { self: value } : { self: value, oldSelf: old };
  if (tryEvaluate(rule.rule, scope) === true) {
    return [];
  }
  const at = `${path}${rule.fieldPath ?? ''}`.replace(/^\./, '');
  return [{ path: at, value: show(valueAt(value, rule.fieldPath ?? '')), detail: sentenceOf(rule, scope) }];
}

/** The API server falls back to the plain message when the made one is empty or more than a line. */
function sentenceOf({ message, messageExpression }: ValidationRule, scope: Scope): string {
  const made = messageExpression === undefined ? undefined : tryEvaluate(messageExpression, scope);
  return typeof made === 'string' && made.trim() !== '' && !made.includes('\n') ? made : message;
}

/** `undefined` when the data makes the expression fail: the rule then does not hold. */
function tryEvaluate(source: string, scope: Scope): unknown {
  try {
    return evaluate(parsed(source), scope);
  } catch (error: unknown) {
    if (error instanceof EvaluationError || error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
}

const cache = new Map<string, Expression>();

/** Rules are fixed for the life of the process, so each is read once. */
function parsed(source: string): Expression {
  const known = cache.get(source);
  if (known !== undefined) {
    return known;
  }
  const expression = parseExpression(source);
  cache.set(source, expression);
  return expression;
}

function valueAt(value: unknown, fieldPath: string): unknown {
  return fieldPath
    .split('.')
    .filter((name) => name !== '')
    .reduce<unknown>((inner, name) => (isRecord(inner) ? inner[name] : undefined), value);
}

/** Only scalars: an object may hold what must not be printed. */
function show(value: unknown): string | undefined {
  return typeof value === 'object' || value === undefined ? undefined : JSON.stringify(value);
}
