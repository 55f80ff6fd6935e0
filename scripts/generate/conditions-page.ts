import {
  componentReasons,
  componentStates,
  conditionTypes,
  eventReasons,
  phases,
  reasons,
} from '../../operator/api/v1beta1/conditions.ts';

/** `docs/reference/conditions.md`: every word that a status or an Event may hold. */
export function renderConditionsPage(header: string): string {
  return [
    header,
    '',
    '# Conditions, phases and reasons',
    '',
    'What `kubectl describe ecommercestack` shows, word by word. Messages end with the next step where there is one.',
    '',
    ...section('Conditions', 'type', conditionTypes),
    ...section('Reasons', 'reason', reasons),
    ...section('Reasons of components', 'reason', componentReasons),
    ...section('Phases', 'status.phase', phases),
    ...section('States of components', 'status.components[].state', componentStates),
    ...section('Reasons of Events', 'reason', eventReasons),
  ].join('\n');
}

function section(title: string, column: string, words: Readonly<Record<string, string>>): readonly string[] {
  const rows = Object.entries(words).map(([word, meaning]) => `| \`${word}\` | ${meaning} |`);
  return [`## ${title}`, '', `| ${column} | meaning |`, '|---|---|', ...rows, ''];
}
