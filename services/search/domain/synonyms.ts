/** Words that mean the same to customers. They are looked up in the question, so a change needs no new index. */
import { wordsOf } from './fold.ts';

export interface SynonymRule {
  /** Whoever asks for one of them finds the others, too. */
  readonly terms: readonly string[];
  /** With these, whoever asks for one of `terms` finds these as well, and not the other way round. */
  readonly expandsTo?: readonly string[] | undefined;
}

/** Part of a question: some words, and what may stand for them. */
export interface Segment {
  readonly text: string;
  readonly alternatives: readonly string[];
}

export interface Synonyms {
  /** Splits a question; the longest terms of the rules win. */
  segment(question: string): readonly Segment[];
}

/** A question longer than this is cut: nobody reads more words, and each costs the server. */
export const maximumWords = 16;

export function compileSynonyms(rules: readonly SynonymRule[]): Synonyms {
  const table = new Map<string, Set<string>>();
  const add = (from: string, to: readonly string[]): void => {
    const key = wordsOf(from).join(' ');
    const known = table.get(key) ?? new Set();
    for (const term of to) if (wordsOf(term).join(' ') !== key) known.add(term);
    table.set(key, known);
  };
  for (const { terms, expandsTo } of rules) for (const term of terms) add(term, expandsTo ?? terms);
  const longest = Math.max(1, ...[...table.keys()].map((key) => key.split(' ').length));
  return { segment: (question) => segment(question, table, longest) };
}

interface Word {
  readonly text: string;
  readonly key: string;
}

function segment(
  question: string,
  table: ReadonlyMap<string, ReadonlySet<string>>,
  longest: number,
): readonly Segment[] {
  const words: readonly Word[] = question
    .split(/\s+/)
    .map((text) => ({ text, key: wordsOf(text).join(' ') }))
    .filter(({ key }) => key !== '')
    .slice(0, maximumWords);
  const segments: Segment[] = [];
  for (let start = 0; start < words.length; ) {
    const count = lengthOfTerm(words.slice(start, start + longest), table);
    const part = words.slice(start, start + count);
    const alternatives = [...(table.get(keyOf(part)) ?? [])];
    segments.push({ text: part.map(({ text }) => text).join(' '), alternatives });
    start += count;
  }
  return segments;
}

function lengthOfTerm(words: readonly Word[], table: ReadonlyMap<string, unknown>): number {
  for (let count = words.length; count > 1; count -= 1) if (table.has(keyOf(words.slice(0, count)))) return count;
  return 1;
}

function keyOf(words: readonly Word[]): string {
  return words.map(({ key }) => key).join(' ');
}
