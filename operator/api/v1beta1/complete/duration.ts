const unitsMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000 };

/** `90s`, `10m`, `1h30m` in milliseconds. Throws `RangeError` on anything else. */
export function durationToMs(text: string): number {
  const parts = [...text.matchAll(/(\d{1,6})([hms])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
    throw new RangeError(`"${text}" is no duration; write for example 30s, 10m or 1h30m`);
  }
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitsMs[unit ?? ''] ?? 0), 0);
}
