import { access } from 'node:fs/promises';
import { daemonLog } from '../cluster/inside.ts';
import { labPaths } from '../cluster/lab-paths.ts';
import { followOperatorLog, statusText, untilInterrupted } from '../delivery/commands.ts';
import { deploy } from '../delivery/deploy.ts';
import { loadImages } from '../delivery/load.ts';
import { runOperator } from '../delivery/run-operator.ts';
import { forgetUsed, rememberUsed, type UsedCluster } from '../delivery/used-clusters.ts';
import { imageNames } from '../images/catalog.ts';
import { ProgramError, run } from '../programs/run.ts';
import type { Cluster, Progress } from '../provider.ts';
import type { Command, CommandLine } from './command-line.ts';
import { labStatus } from './lab-status.ts';
import { chooseProvider, describeOthers, findCluster } from './providers.ts';

type Run = (line: CommandLine, progress: Progress) => Promise<void>;

/** What each command does. */
export const commands: Readonly<Record<Command, Run>> = {
  async up({ name, clusterOnly }, progress) {
    const { provider, place, reason, others } = await chooseProvider(name, 'make');
    progress.note(`cluster: ${provider.kind} "${place.context ?? name}" (${reason})`);
    noteOthers(name, others, progress);
    await rememberUsed(name, place);
    const cluster = await provider.up(progress);
    if (clusterOnly) {
      progress.note(`the cluster runs: export KUBECONFIG=${cluster.kubeconfigPath}`);
    } else {
      await deploy(cluster, { progress });
    }
  },

  async down({ name }, progress) {
    const { provider, place, others } = await chooseProvider(name);
    await provider.down(progress);
    await forgetUsed(name, place);
    noteOthers(name, others, progress);
  },

  async status({ name }) {
    const { provider } = await chooseProvider(name);
    if (provider.kind === 'lab') {
      write(await labStatus(name));
    }
    const cluster = await findCluster(name);
    write(`${await statusText(cluster).catch(explainBareCluster)}\n`);
  },

  async load({ name, words }, progress) {
    await loadImages(await findCluster(name), words.length > 0 ? words : await imageNames(), progress);
  },

  async run({ name }, progress) {
    await runOperator(await findCluster(name), progress);
  },

  async logs({ name, words: [program] }) {
    await (program === undefined ? followOperatorLog(await findCluster(name)) : followProgramLog(name, program));
  },

  async kubeconfig({ name }) {
    write(`${(await findCluster(name)).kubeconfigPath}\n`);
  },

  async shell({ name }) {
    const cluster = await findCluster(name);
    await runOnTerminal(cluster, [process.env['SHELL'] ?? 'sh']);
  },

  async exec({ name, words }) {
    const cluster = await findCluster(name);
    await runOnTerminal(cluster, words);
  },
};

function noteOthers(name: string, others: readonly UsedCluster[], progress: Progress): void {
  for (const line of describeOthers(name, others)) {
    progress.note(line);
  }
}

/** The program has said itself what was wrong; this one ends with its exit code. */
async function runOnTerminal(cluster: Cluster, argv: readonly string[]): Promise<void> {
  try {
    await untilInterrupted(() => cluster.exec(argv, { interactive: true }));
  } catch (error) {
    if (!(error instanceof ProgramError)) {
      throw error;
    }
    process.exitCode = error.exitCode ?? 1;
  }
}

/** Works also when the lab does not: that is when its logs are wanted. */
async function followProgramLog(name: string, program: string): Promise<void> {
  const path = daemonLog(labPaths(name), program);
  await access(path).catch((cause: unknown) => {
    throw new Error(`no log of a program "${program}" in ${labPaths(name).logs}`, { cause });
  });
  await untilInterrupted(() => run(['tail', '--lines=200', '--follow', path], { interactive: true }));
}

/** A cluster made with `--cluster-only` has no stacks to tell about. */
function explainBareCluster(error: unknown): string {
  if (error instanceof ProgramError && error.stderr.includes("doesn't have a resource type")) {
    return 'no operator here yet: npm run lab -- up';
  }
  throw error;
}

function write(text: string): void {
  process.stdout.write(text);
}
