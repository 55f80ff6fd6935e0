import { format, type Gate, type Section } from './report.ts';

/**
 * The gates of a section as lines of TAP, numbered after `before` others: how `make test` reads every tier. Under a
 * broken gate stand the section's notes, which name the requests behind it.
 */
export function toTap({ name, gates, notes }: Pick<Section, 'name' | 'gates' | 'notes'>, before: number): string {
  return gates.flatMap((gate, index) => linesOf(name, gate, { number: before + index + 1, notes })).join('\n');
}

function linesOf(
  bench: string,
  { what, value, allowed, isKept }: Gate,
  { number, notes }: { readonly number: number; readonly notes: readonly string[] },
): readonly string[] {
  const title = `${number} - bench › ${bench} › ${what}: ${format(value)}, ${allowed}`;
  return isKept ? [`ok ${title}`] : [`not ok ${title}`, '  ---', ...notes.map((note) => `    ${note}`), '  ...'];
}
