/** Memory of a process as the kernel counts it, MiB. */
export interface Resident {
  /** All that is in memory, the program file shared with other processes included. */
  readonly rss: number;
  /** Its own pages: heap, stacks, buffers. */
  readonly anonymous: number;
  /** Pages of files: the node program and its libraries. */
  readonly file: number;
}

/** Reads the text of /proc/PID/smaps_rollup, whose fields are in KiB (proc(5)). */
export function parseRollup(text: string): Resident {
  const field = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1] ?? Number.NaN) / 1024;
  const [rss, anonymous] = [field('Rss'), field('Anonymous')];
  return { rss, anonymous, file: rss - anonymous };
}
