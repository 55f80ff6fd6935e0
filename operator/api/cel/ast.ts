/** An expression as a tree. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'field'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'index'; readonly of: Expression; readonly key: Expression }
  | { readonly kind: 'has'; readonly field: Expression & { readonly kind: 'field' } }
  | { readonly kind: 'call'; readonly name: string; readonly values: readonly Expression[] }
  | {
      readonly kind: 'each';
      readonly macro: Macro;
      readonly of: Expression;
      readonly variable: string;
      readonly body: Expression;
    }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'choose';
      readonly condition: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    };

/** The words that run an expression for each item of a list, or each key of a map. */
export const macros = ['all', 'exists', 'exists_one', 'filter', 'map'] as const;
export type Macro = (typeof macros)[number];
