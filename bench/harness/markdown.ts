import { format, type Gate, keepsTarget, type Ratio, type Section, type Table } from './report.ts';

/** One bench as Markdown, for the terminal and for docs/performance.md alike. */
export function toMarkdown(section: Section): string {
  const parts = [
    `## ${section.name}: ${section.title}`,
    gateTable(section.gates),
    ratioTable(section.ratios),
    ...section.tables.map(plainTable),
    section.notes.map((note) => `- ${note}`).join('\n'),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function gateTable(gates: readonly Gate[]): string {
  const rows = gates.map(({ what, value, allowed, isKept }) => [what, value, allowed, isKept ? 'kept' : '**BROKEN**']);
  return table(['gate', 'value', 'allowed', ''], rows);
}

function ratioTable(ratios: readonly Ratio[]): string {
  return table(
    ['ratio', 'median', 'lowest', 'highest', 'pairs', 'target', ''],
    ratios.map((one) => [
      one.what,
      one.median,
      one.lowest,
      one.highest,
      one.pairs,
      one.target === undefined ? '' : `${one.target.bound} ${one.target.value}`,
      verdictOf(one),
    ]),
  );
}

function verdictOf(ratio: Ratio): string {
  if (ratio.isTooNoisy) {
    return 'too noisy';
  }
  const isKept = keepsTarget(ratio);
  return isKept === undefined ? '' : isKept ? 'met' : 'missed';
}

function plainTable({ title, columns, rows }: Table): string {
  return `${title}\n\n${table(columns, rows)}`;
}

function table(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) {
    return '';
  }
  const lines = [columns, columns.map(() => '---'), ...rows.map((row) => row.map(format))];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
