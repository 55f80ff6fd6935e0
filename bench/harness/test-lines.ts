import { format, type Gate, type Section } from './report.ts';

/**
 * The gates of a section as the lines of a test's output: how `make test` reads every tier. Under a broken gate stand the
 * section's notes, which name the requests behind it.
 */
export function toTestLines({ name, gates, notes }: Pick<Section, 'name' | 'gates' | 'notes'>): string {
  return gates.flatMap((gate) => linesOf(name, gate, notes)).join('\n');
}

function linesOf(bench: string, { what, value, allowed, isKept }: Gate, notes: readonly string[]): readonly string[] {
  const title = `bench › ${bench} › ${what}: ${format(value)}, ${allowed}`;
  return isKept ? [`  ✔ ${title}`] : [`  ✘ [fail]: ${title}`, ...notes.map((note) => `    ${note}`)];
}
