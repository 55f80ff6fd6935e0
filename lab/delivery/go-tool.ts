import { readdir } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { cacheEntry, touch } from '../images/cache-entry.ts';
import { contentKey } from '../images/content-key.ts';
import { cacheDirectory } from '../paths.ts';
import { run } from '../programs/run.ts';
import type { Progress } from '../provider.ts';

/** A program that its project publishes as a Go module. */
export interface GoTool {
  /** Name of the program. */
  readonly name: string;
  /** What `go install` takes, with the exact version. */
  readonly module: string;
}

/** Statically linked and without the paths of this machine; no toolchain but the installed one. */
const flags = ['-p', '2', '-trimpath', '-ldflags', '-s -w'];
const environment = { GOTOOLCHAIN: 'local', GOFLAGS: '', CGO_ENABLED: '0' };

/** The path of the program, built into the cache when it is not there; fails without Go. */
export async function goTool(tool: GoTool, progress: Progress): Promise<string> {
  const key = contentKey(tool.module, ...flags, platform(), arch());
  const directory = cacheDirectory('tools', `${tool.name}-${key}`);
  if (!(await touch(directory))) {
    await progress.step(`build ${tool.name}`, (step) => {
      const logPath = cacheDirectory('tools', `${tool.name}.log`);
      step.log(logPath);
      step.detail(`go install ${tool.module}; a minute or two the first time`);
      return cacheEntry(directory, (draft) => install(tool, draft, logPath));
    });
  }
  return join(directory, tool.name);
}

async function install(tool: GoTool, directory: string, logPath: string): Promise<void> {
  await run(['nice', '-n', '5', 'go', 'install', ...flags, tool.module], {
    env: { ...environment, GOBIN: directory },
    logPath,
  });
  if (!(await readdir(directory)).includes(tool.name)) {
    throw new Error(`go install ${tool.module} made no program "${tool.name}"; it made ${await readdir(directory)}`);
  }
}
