import { readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../../operator/api/kubernetes.ts';

/** A manifest that must be refused, with the sentences of its first lines. */
export interface InvalidExample {
  readonly name: string;
  /** Where there are two, the second replaces the first and is the one that is refused. */
  readonly documents: readonly KubernetesObject[];
  /** `path: sentence`, sorted. */
  readonly refused: readonly string[];
}

const folder = 'examples';

/** Every manifest of `examples/` that must work, by file name. */
export function readExamples(): ReadonlyMap<string, readonly KubernetesObject[]> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return new Map(names.map((name) => [name, documentsOf(readFileSync(`${folder}/${name}`, 'utf8'))]));
}

/** Every manifest of `examples/invalid/`. */
export function readInvalidExamples(): readonly InvalidExample[] {
  return readdirSync(`${folder}/invalid`).map((name) => {
    const text = readFileSync(`${folder}/invalid/${name}`, 'utf8');
    const refused = [...text.matchAll(/^# Refused: (.+)$/gm)].map(([, sentence = '']) => sentence);
    return { name, documents: documentsOf(text), refused: refused.toSorted() };
  });
}

function documentsOf(text: string): readonly KubernetesObject[] {
  // The examples are ours; the API server judges what is in them.
  return parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
}
