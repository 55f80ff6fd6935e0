import type { ValidationRule } from '../crd-schema.ts';

/** A rule as the fragments write it. */
export interface RuleText {
  /** CEL; with `oldSelf` in it the rule is checked on updates only. */
  readonly cel: string;
  /**
   * The sentence that the user reads after the path of the field: it says the value and what is allowed. `{self.x}` is
   * replaced by the value of that expression, which must not be able to hold a secret.
   */
  readonly message: string;
  /** Field that the error points at, relative to the node of the rule, e.g. `.readReplicas`. */
  readonly field?: string;
}

/** Schema keyword that attaches rules to a node. */
export function rules(...texts: readonly RuleText[]): {
  readonly 'x-kubernetes-validations': readonly ValidationRule[];
} {
  return { 'x-kubernetes-validations': texts.map(toValidationRule) };
}

/** Words of a CEL list: `['a', 'b']`. */
export function celList(words: readonly string[]): string {
  return `[${words.map((word) => `'${word}'`).join(', ')}]`;
}

function toValidationRule({ cel, message, field }: RuleText): ValidationRule {
  const at = field === undefined ? {} : { fieldPath: field };
  const parts = message.split(/\{([^}]*)\}/);
  if (parts.length === 1) {
    return { rule: cel, message, ...at };
  }
  return { rule: cel, message: withPlaceholders(parts, '…'), messageExpression: formatCall(parts), ...at };
}

/** Odd parts are expressions. The API server shows the text with `…` when a value holds a line break. */
function withPlaceholders(parts: readonly string[], placeholder: string): string {
  return parts.map((part, index) => (index % 2 === 1 ? placeholder : part)).join('');
}

/** `'text %s'.format([…])`: the only spelling whose cost the API server does not take for endless. */
function formatCall(parts: readonly string[]): string {
  const escaped = parts.map((part) => part.replaceAll('%', '%%').replaceAll("'", String.raw`\'`));
  const expressions = parts.filter((_part, index) => index % 2 === 1);
  return `'${withPlaceholders(escaped, '%s')}'.format([${expressions.join(', ')}])`;
}
