import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';

/**
 * Why the manifest's version must not follow the running one: data files cannot go back, and each major version reads
 * only those of the one before. `undefined`: it may.
 */
export function complainAboutVersion(stack: CompleteStack, running: string | undefined): string | undefined {
  const { version } = stack.elasticsearch;
  if (running === undefined || isAllowedStep(running, version)) {
    return undefined;
  }
  const [major = 0] = partsOf(running);
  return (
    `spec.elasticsearch.version ${version} cannot follow ${running}, which runs: versions never go back and move by one major at a time. ` +
    `Allowed are ${running} and newer of ${major}.x, and ${major + 1}.x.`
  );
}

/** Not backwards, and at most into the next major version. */
export function isAllowedStep(from: string, to: string): boolean {
  const [before, after] = [partsOf(from), partsOf(to)];
  const [majorBefore = 0] = before;
  const [majorAfter = 0] = after;
  return majorAfter <= majorBefore + 1 && !isLower(after, before);
}

function isLower(one: readonly number[], other: readonly number[]): boolean {
  const index = [0, 1, 2].find((position) => (one[position] ?? 0) !== (other[position] ?? 0));
  return index !== undefined && (one[index] ?? 0) < (other[index] ?? 0);
}

function partsOf(version: string): readonly number[] {
  return version.split('.').map(Number);
}
