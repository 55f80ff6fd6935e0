import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { withLock } from '../programs/lock.ts';
import { findFreeSlot } from './addresses.ts';
import type { LabPaths } from './lab-paths.ts';
import { registerLab } from './machine.ts';

/** What a lab remembers; everything else is seen by looking at the machine. */
export interface LabState {
  /** Its range of addresses, see addresses.ts. */
  readonly slot: number;
  /** The directory of kubelab's programs that it was last started with. */
  readonly programs: string;
}

/** The state of a lab; undefined when there is none. */
export async function readState({ statePath }: LabPaths): Promise<LabState | undefined> {
  try {
    // `as`: written by writeState below, as a whole or not at all.
    return JSON.parse(await readFile(statePath, 'utf8')) as LabState;
  } catch {
    return undefined;
  }
}

/** The state of a lab, recorded before anything is made, so that whatever is made is known to `down`. */
export function ensureState(paths: LabPaths, programs: string): Promise<LabState> {
  return withLock('ecommerce-stack lab slots', async () => {
    await registerLab(paths);
    const known = await readState(paths);
    const state = { slot: known?.slot ?? (await findFreeSlot()), programs };
    await mkdir(paths.directory, { recursive: true, mode: 0o755 });
    await mkdir(paths.logs, { recursive: true });
    await mkdir(paths.temporary, { recursive: true });
    await mkdir(paths.volumes, { recursive: true });
    await writeFile(`${paths.statePath}.draft`, JSON.stringify(state));
    await rename(`${paths.statePath}.draft`, paths.statePath);
    return state;
  });
}
