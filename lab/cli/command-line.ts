import { parseArgs } from 'node:util';
import { defaultLabName } from '../cluster/lab-provider.ts';

/** Every command with what it does, in the order of the help. */
export const commandHelp = {
  up: 'the cluster, the operator and a Ready stack; again: bring all of it up to date',
  down: 'remove the cluster and everything it made; caches stay',
  status: 'what runs: programs, pods, stacks',
  load: 'rebuild images from the checkout and restart what runs them: load product gateway; all without names',
  run: 'run the operator from the checkout in place of the one in the cluster',
  logs: "follow the operator's log, or that of one of the lab's programs: logs kubelet",
  kubeconfig: 'print the path of the kubeconfig',
  shell: 'a shell where addresses and names of pods and Services work',
  exec: 'run a program there: exec -- curl http://shop-gateway.shop:8000/health',
} as const;

/** A command of the lab. */
export type Command = keyof typeof commandHelp;

/** What a person asked for. */
export interface CommandLine {
  readonly command: Command;
  /** Name of the cluster. */
  readonly name: string;
  /** `up` makes the cluster and nothing on it. */
  readonly clusterOnly: boolean;
  /** Words after the command. */
  readonly words: readonly string[];
}

/** The text of `--help`. */
export function helpText(): string {
  const commands = Object.entries(commandHelp).map(([name, text]) => `  ${name.padEnd(11)} ${text}`);
  return [
    'usage: npm run lab -- <command> [--name shop] [words]',
    '',
    ...commands,
    '',
    '  --name           name of the cluster, so that several run side by side (default shop)',
    '  --cluster-only   with up: only the cluster, neither operator nor stack',
    '',
    'CLUSTER=lab|kind|current chooses where; without it: where up went last under the name, else kind where',
    'Docker and kind are there, else lab.',
    '',
  ].join('\n');
}

/** Understands the arguments of the program; undefined when they ask for help. Rejects what it does not know, by name. */
export function parseCommandLine(args: readonly string[]): CommandLine | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      name: { type: 'string', default: defaultLabName },
      'cluster-only': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [command, ...words] = positionals;
  if (values.help || command === undefined || command === 'help') {
    return undefined;
  }
  if (!isCommand(command)) {
    throw new RangeError(`unknown command "${command}"; there are ${Object.keys(commandHelp).join(', ')}`);
  }
  if (command === 'exec' && words.length === 0) {
    throw new RangeError('exec needs a program: npm run lab -- exec -- curl http://shop-gateway.shop:8000/health');
  }
  return { command, name: values.name, clusterOnly: values['cluster-only'], words };
}

function isCommand(text: string): text is Command {
  return Object.hasOwn(commandHelp, text);
}
