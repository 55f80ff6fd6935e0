import { type Expression, type Macro, macros } from './ast.ts';
import { type Token, tokenize } from './tokens.ts';

/** Operators that bind equally, weakest first. */
const levels: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!=', '<', '<=', '>', '>=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
];

/**
 * Reads the part of CEL that our rules use: no optional values, no maps, no timestamps. Throws `SyntaxError` on the
 * rest, so that a test over all rules finds what the operator could not check.
 */
export function parseExpression(source: string): Expression {
  const parser = new Parser(source);
  const expression = parser.parseChoice();
  parser.take('end');
  return expression;
}

class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokenize(source);
  }

  parseChoice(): Expression {
    const condition = this.#parseLevel(0);
    if (!this.#takeIf('?')) {
      return condition;
    }
    const then = this.parseChoice();
    this.#expect(':');
    return { kind: 'choose', condition, then, otherwise: this.parseChoice() };
  }

  /** The next token, which must be of this kind. */
  take(kind: Token['kind']): Token {
    const token = this.#peek();
    if (token.kind !== kind) {
      throw this.#fault(kind);
    }
    this.#position += 1;
    return token;
  }

  #parseLevel(level: number): Expression {
    const operators = levels[level];
    if (operators === undefined) {
      return this.#parseUnary();
    }
    let left = this.#parseLevel(level + 1);
    for (let token = this.#peek(); token.kind !== 'string' && operators.includes(token.text); token = this.#peek()) {
      this.#position += 1;
      left = { kind: 'binary', operator: token.text, left, right: this.#parseLevel(level + 1) };
    }
    return left;
  }

  #parseUnary(): Expression {
    return this.#takeIf('!') ? { kind: 'not', of: this.#parseUnary() } : this.#parsePostfix();
  }

  #parsePostfix(): Expression {
    let expression = this.#parsePrimary();
    for (;;) {
      if (this.#takeIf('.')) {
        expression = this.#parseMember(expression);
      } else if (this.#takeIf('[')) {
        expression = { kind: 'index', of: expression, key: this.parseChoice() };
        this.#expect(']');
      } else {
        return expression;
      }
    }
  }

  #parseMember(of: Expression): Expression {
    const name = this.take('name').text;
    if (!this.#takeIf('(')) {
      return { kind: 'field', of, name };
    }
    const macro = macros.find((known) => known === name);
    return macro === undefined
      ? { kind: 'call', name: `.${name}`, values: [of, ...this.#parseList(')')] }
      : this.#parseMacro(macro, of);
  }

  #parseMacro(macro: Macro, of: Expression): Expression {
    const variable = this.take('name').text;
    this.#expect(',');
    const body = this.parseChoice();
    this.#expect(')');
    return { kind: 'each', macro, of, variable, body };
  }

  #parsePrimary(): Expression {
    if (this.#takeIf('(')) {
      const inner = this.parseChoice();
      this.#expect(')');
      return inner;
    }
    if (this.#takeIf('[')) {
      return { kind: 'list', items: this.#parseList(']') };
    }
    const token = this.#peek();
    if (token.kind === 'name') {
      return this.#parseName();
    }
    if (token.kind !== 'number' && token.kind !== 'string') {
      throw this.#fault('a value');
    }
    this.#position += 1;
    return { kind: 'literal', value: token.kind === 'number' ? Number(token.text) : token.text };
  }

  #parseName(): Expression {
    const name = this.take('name').text;
    if (name === 'true' || name === 'false') {
      return { kind: 'literal', value: name === 'true' };
    }
    if (!this.#takeIf('(')) {
      return { kind: 'name', name };
    }
    const values = this.#parseList(')');
    if (name !== 'has') {
      return { kind: 'call', name, values };
    }
    const [field] = values;
    if (field?.kind !== 'field') {
      throw this.#fault('has(a.b)');
    }
    return { kind: 'has', field };
  }

  #parseList(close: string): readonly Expression[] {
    const items: Expression[] = [];
    while (!this.#takeIf(close)) {
      if (items.length > 0) {
        this.#expect(',');
      }
      items.push(this.parseChoice());
    }
    return items;
  }

  #peek(): Token {
    return this.#tokens[this.#position] ?? { kind: 'end', text: 'the end' };
  }

  #takeIf(operator: string): boolean {
    const token = this.#peek();
    const isIt = token.kind === 'operator' && token.text === operator;
    this.#position += isIt ? 1 : 0;
    return isIt;
  }

  #expect(operator: string): void {
    if (!this.#takeIf(operator)) {
      throw this.#fault(operator);
    }
  }

  #fault(expected: string): SyntaxError {
    return new SyntaxError(`expected ${expected} instead of "${this.#peek().text}" in: ${this.#source}`);
  }
}
