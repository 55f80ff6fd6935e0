/** Pieces of CEL that several fragments use. */

/** `a` ≤ `b` as quantities; true when one of them is none, because another rule says so. */
export function compareStated(a: string, b: string): string {
  return `!isQuantity(string(${a})) || !isQuantity(string(${b})) || quantity(string(${a})).compareTo(quantity(string(${b}))) <= 0`;
}

/** True unless every field of `path` below `root` is there: `absent('a.b')` → `!has(self.a) || !has(self.a.b)`. */
export function absent(path: string, root = 'self'): string {
  const fields = path.split('.');
  return fields.map((_field, index) => `!has(${[root, ...fields.slice(0, index + 1)].join('.')})`).join(' || ');
}

/** Value at `path` below `root`, or `fallback` (a CEL literal) when a part of it is absent. */
export function valueOr(root: 'self' | 'oldSelf', path: string, fallback: string): string {
  const fields = path.split('.');
  const steps = fields.map((_field, index) => `has(${[root, ...fields.slice(0, index + 1)].join('.')})`);
  return `(${steps.join(' && ')} ? ${root}.${path} : ${fallback})`;
}
