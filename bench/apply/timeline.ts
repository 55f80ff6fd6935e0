import type { Table } from '../harness/report.ts';
import { median } from '../harness/statistics.ts';
import type { Applied } from '../rig/recording-client.ts';

/** Where the time of one first pass went: milliseconds since the API server accepted the stack. */
export interface Timeline {
  readonly seen: number;
  readonly firstStatus: number;
  readonly firstChild: number;
  readonly lastChild: number;
  readonly passEnd: number;
}

/** Moments of one pass, all on the clock of `performance.now()`. */
export interface Moments {
  readonly acceptedAt: number;
  readonly seenAt: number;
  readonly endedAt: number;
  readonly applied: readonly Applied[];
}

/** The timeline of a first pass; `NaN` for what did not happen in it. */
export function toTimeline({ acceptedAt, seenAt, endedAt, applied }: Moments): Timeline {
  const times = (isStack: boolean) =>
    applied
      .filter(({ object }) => (object.kind === 'EcommerceStack') === isStack)
      .map(({ answeredAt }) => answeredAt - acceptedAt);
  const [status, children] = [times(true), times(false)];
  return {
    seen: seenAt - acceptedAt,
    firstStatus: Math.min(...status),
    firstChild: Math.min(...children),
    lastChild: Math.max(...children),
    passEnd: endedAt - acceptedAt,
  };
}

/** Medians of many timelines, as a table. */
export function timelineTable(name: string, timelines: readonly Timeline[]): Table {
  const at = (moment: keyof Timeline) => median(timelines.map((timeline) => timeline[moment]));
  return {
    title: `${name}, first apply: medians of when what happened in ours, ms after the API server accepted the stack`,
    columns: ['watch shows it', 'first status', 'first child', 'last child', 'end of the pass'],
    rows: [[at('seen'), at('firstStatus'), at('firstChild'), at('lastChild'), at('passEnd')]],
  };
}
