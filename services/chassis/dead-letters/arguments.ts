/** What `replay-dead-letters` is asked for on the command line. */
import { UsageError } from '../usage-error.ts';

export interface ReplayRequest {
  /** The topic that the events were first sent to. */
  readonly topic: string;
  /** Ids of the events; `all`: every one that was not played back by `--all` before. */
  readonly events: ReadonlySet<string> | 'all';
  /** Only tells what would be done. */
  readonly isDryRun: boolean;
}

const replayUsage = 'replay-dead-letters --topic=<topic> (--event=<id>... | --all) [--dry-run]';

/** Throws `UsageError` with every fault at once: nothing is done on a misunderstanding. */
export function parseReplayArguments(words: readonly string[], topics: readonly string[]): ReplayRequest {
  const [topic = '', ...moreTopics] = valuesOf(words, '--topic');
  const events = valuesOf(words, '--event');
  const isAll = words.includes('--all');
  const faults = [
    ...words
      .filter((word) => !/^(--topic=.*|--event=.*|--all|--dry-run)$/s.test(word))
      .map((word) => `${JSON.stringify(word)}: not known; allowed are --topic=, --event=, --all and --dry-run`),
    ...(topic === '' || moreTopics.length > 0 ? [`--topic: must be given once, as one of ${topics.join(', ')}`] : []),
    ...(topic === '' || topics.includes(topic) ? [] : [`--topic="${topic}": must be one of ${topics.join(', ')}`]),
    ...(events.includes('') ? ['--event="": must be the id of an event (its header ce_id)'] : []),
    ...(isAll === events.length > 0 ? ['--event, --all: must be given one or the other'] : []),
  ];
  if (faults.length > 0)
    throw new UsageError(
      `the command line has ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join('\n')}\nusage: ${replayUsage}`,
    );
  return { topic, events: isAll ? 'all' : new Set(events), isDryRun: words.includes('--dry-run') };
}

function valuesOf(words: readonly string[], name: string): readonly string[] {
  return words.filter((word) => word.startsWith(`${name}=`)).map((word) => word.slice(name.length + 1));
}
