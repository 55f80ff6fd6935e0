import { isDeepStrictEqual } from 'node:util';
import type { Expression, Macro } from './ast.ts';
import { asList, EvaluationError, functions, isMap, itemsOf, order, type Value } from './functions.ts';

/** Names in scope: `self`, `oldSelf`, and the variables of macros. */
export type Scope = Readonly<Record<string, Value>>;

/** Computes an expression. Throws `EvaluationError` where CEL would end with an error. */
export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'name':
      return lookUp(scope, expression.name);
    case 'list':
      return expression.items.map((item) => evaluate(item, scope));
    case 'field':
      return lookUp(evaluate(expression.of, scope), expression.name);
    case 'index':
      return lookUp(evaluate(expression.of, scope), String(evaluate(expression.key, scope)));
    case 'has':
      return hasField(evaluate(expression.field.of, scope), expression.field.name);
    case 'not':
      return !asBoolean(evaluate(expression.of, scope));
    case 'choose':
      return evaluate(asBoolean(evaluate(expression.condition, scope)) ? expression.then : expression.otherwise, scope);
    case 'call':
      return call(
        expression.name,
        expression.values.map((value) => evaluate(value, scope)),
      );
    case 'each':
      return evaluateEach(expression, scope);
    case 'binary':
      return evaluateBinary(expression, scope);
  }
}

/** Names of functions that the expression calls and that we do not have. */
export function findUnknownFunctions(source: unknown): readonly string[] {
  if (Array.isArray(source)) {
    return source.flatMap(findUnknownFunctions);
  }
  if (!isMap(source)) {
    return [];
  }
  const own =
    source['kind'] === 'call' && !Object.hasOwn(functions, String(source['name'])) ? [String(source['name'])] : [];
  return [...own, ...Object.values(source).flatMap(findUnknownFunctions)];
}

function lookUp(container: Value, key: string): Value {
  if (Array.isArray(container) && /^\d+$/.test(key) && Number(key) < container.length) {
    return container[Number(key)];
  }
  if (!hasField(container, key)) {
    throw new EvaluationError(`no such key: ${key}`);
  }
  return container[key];
}

function hasField(container: Value, name: string): container is Readonly<Record<string, Value>> {
  return isMap(container) && Object.hasOwn(container, name) && container[name] !== undefined;
}

function asBoolean(value: Value): boolean {
  if (typeof value === 'boolean') {
    return value;
  }
  throw new EvaluationError('expected a boolean');
}

function call(name: string, values: readonly Value[]): Value {
  const implementation = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (implementation === undefined) {
    throw new EvaluationError(`no such function: ${name}`);
  }
  return implementation(...values);
}

const macroResults: Readonly<
  Record<Exclude<Macro, 'map'>, (items: readonly Value[], matching: readonly Value[]) => Value>
> = {
  all: (items, matching) => matching.length === items.length,
  exists: (_items, matching) => matching.length > 0,
  exists_one: (_items, matching) => matching.length === 1,
  filter: (_items, matching) => matching,
};

function evaluateEach({ macro, of, variable, body }: Expression & { readonly kind: 'each' }, scope: Scope): Value {
  const items = itemsOf(evaluate(of, scope));
  const results = items.map((item) => evaluate(body, { ...scope, [variable]: item }));
  return macro === 'map'
    ? results
    : macroResults[macro](
        items,
        items.filter((_item, index) => asBoolean(results[index])),
      );
}

function evaluateBinary({ operator, left, right }: Expression & { readonly kind: 'binary' }, scope: Scope): Value {
  const first = evaluate(left, scope);
  if (operator === '||' || operator === '&&') {
    const isDecided = asBoolean(first) === (operator === '||');
    return isDecided ? first : asBoolean(evaluate(right, scope));
  }
  return combine(operator, first, evaluate(right, scope));
}

function combine(operator: string, one: Value, other: Value): Value {
  switch (operator) {
    case '==':
      return isDeepStrictEqual(one, other);
    case '!=':
      return !isDeepStrictEqual(one, other);
    case 'in':
      return isMap(other) ? hasField(other, String(one)) : asList(other).some((item) => isDeepStrictEqual(item, one));
    case '<':
      return order(one, other) < 0;
    case '<=':
      return order(one, other) <= 0;
    case '>':
      return order(one, other) > 0;
    case '>=':
      return order(one, other) >= 0;
    default:
      return calculate(operator, one, other);
  }
}

function calculate(operator: string, one: Value, other: Value): Value {
  if (operator === '+' && typeof one === 'string' && typeof other === 'string') {
    return one + other;
  }
  if (typeof one !== 'number' || typeof other !== 'number') {
    throw new EvaluationError(`${operator} needs two numbers`);
  }
  const results: Readonly<Record<string, number>> = {
    '+': one + other,
    '-': one - other,
    '*': one * other,
    '/': Math.trunc(one / other),
    '%': one % other,
  };
  return results[operator];
}
