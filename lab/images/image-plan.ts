import { posix } from 'node:path';
import { type Dockerfile, expand, type Instruction, type Stage, splitAssignment } from './dockerfile.ts';
import type { ImageConfig } from './image.ts';

/** One COPY of a shipped stage. */
export interface CopyPlan {
  /** The stage or image after `--from=`; absent: the build context. */
  readonly from?: string;
  readonly sources: readonly string[];
  /** Absolute; ends with `/` when it is a directory. */
  readonly destination: string;
}

/** What a target consists of, without running anything. */
export interface ImagePlan {
  /** The image reference that the chain of stages ends at. */
  readonly base: string;
  readonly copies: readonly CopyPlan[];
  /** Applies the settings of the stages to the configuration of the base. */
  configure(base: ImageConfig): ImageConfig;
}

/** What a plan depends on beside the Dockerfile. */
export interface PlanOptions {
  readonly target: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** Stages whose image is made outside: the plan ends at them. */
  readonly bases?: readonly string[];
}

/**
 * Follows a target's chain of FROM down to an image that is no stage, or to one of `bases`. Fails on an instruction that
 * needs a process in the image (RUN) or that is not understood, naming its line.
 */
export function planImage(file: Dockerfile, { target, buildArgs = {}, bases = [] }: PlanOptions): ImagePlan {
  const globals = { ...file.args, ...pick(buildArgs, Object.keys(file.args)) };
  const known = file.stages.filter(({ name }) => !bases.includes(name));
  const chain = chainOf(known, target, globals);
  const state: State = { buildArgs, globals, variables: {}, workdir: '/', copies: [], changes: [] };
  for (const stage of chain.stages) {
    // An ARG is known to the end of its stage only.
    state.variables = {};
    for (const instruction of stage.instructions) {
      handle(instruction, state);
    }
  }
  return {
    base: chain.base,
    copies: state.copies,
    configure: (base) => state.changes.reduce((config, change) => change(config), base),
  };
}

interface State {
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly globals: Readonly<Record<string, string>>;
  variables: Record<string, string>;
  workdir: string;
  readonly copies: CopyPlan[];
  readonly changes: ((config: ImageConfig) => ImageConfig)[];
}

function chainOf(known: readonly Stage[], target: string, globals: Readonly<Record<string, string>>) {
  const stages: Stage[] = [];
  let name = target;
  for (;;) {
    const stage = known.find((candidate) => candidate.name === name);
    if (stage === undefined) {
      break;
    }
    stages.unshift(stage);
    name = expand(stage.from, globals);
  }
  if (stages.length === 0) {
    const names = known.map((stage) => stage.name).join(', ');
    throw new Error(`the Dockerfile has no stage "${target}"; it has ${names}`);
  }
  return { base: name, stages };
}

type Handler = (text: string, state: State) => void;

const handlers: Readonly<Record<string, Handler>> = {
  ARG(text, state) {
    const [name, value] = splitAssignment(text);
    state.variables[name] = state.buildArgs[name] ?? value ?? state.globals[name] ?? '';
  },
  ENV(text, state) {
    const [name, value] = splitAssignment(expand(text, state.variables));
    state.variables[name] = value ?? '';
    state.changes.push((config) => ({ ...config, Env: setVariable(config.Env ?? [], name, value ?? '') }));
  },
  COPY: planCopy,
  WORKDIR(text, state) {
    state.workdir = posix.resolve(state.workdir, expand(text, state.variables));
    const { workdir } = state;
    state.changes.push((config) => ({ ...config, WorkingDir: workdir }));
  },
  USER: (text, state) => void state.changes.push((config) => ({ ...config, User: text })),
  STOPSIGNAL: (text, state) => void state.changes.push((config) => ({ ...config, StopSignal: text })),
  EXPOSE(text, state) {
    const ports = Object.fromEntries(text.split(/\s+/).map((port) => [port.includes('/') ? port : `${port}/tcp`, {}]));
    state.changes.push((config) => ({ ...config, ExposedPorts: { ...config.ExposedPorts, ...ports } }));
  },
  // As in Docker: a new entry point makes the inherited arguments meaningless.
  ENTRYPOINT: (text, state) =>
    void state.changes.push(({ Cmd: _cmd, ...config }) => ({ ...config, Entrypoint: execForm('ENTRYPOINT', text) })),
  CMD: (text, state) => void state.changes.push((config) => ({ ...config, Cmd: execForm('CMD', text) })),
};

function handle({ keyword, text, line }: Instruction, state: State): void {
  const handler = handlers[keyword];
  if (handler === undefined) {
    throw new Error(
      `line ${line} of the Dockerfile: ${keyword} in a shipped stage; only ${Object.keys(handlers).join(', ')} may stand there, ` +
        'other work belongs into a stage that the shipped one copies from',
    );
  }
  handler(text, state);
}

function planCopy(text: string, state: State): void {
  const words = expand(text, state.variables).split(/\s+/);
  const options = words.filter((word) => word.startsWith('--'));
  const paths = words.filter((word) => !word.startsWith('--'));
  const [from, ...others] = options.map((option) => /^--from=(.+)$/.exec(option)?.[1]);
  const destination = paths.pop();
  if (
    destination === undefined ||
    paths.length === 0 ||
    others.length > 0 ||
    (options.length > 0 && from === undefined)
  ) {
    throw new Error(`"COPY ${text}": only COPY [--from=<stage>] <source>… <destination> is understood here`);
  }
  const isDirectory = /(^|\/)\.?$/.test(destination);
  const absolute = posix.resolve(state.workdir, destination);
  state.copies.push({
    ...(from === undefined ? {} : { from }),
    sources: paths,
    destination: isDirectory && absolute !== '/' ? `${absolute}/` : absolute,
  });
}

function execForm(keyword: string, text: string): readonly string[] {
  if (!text.startsWith('[')) {
    throw new Error(`${keyword} ${text}: use the form ["program", "argument"], which needs no shell and gets signals`);
  }
  // `as`: a JSON array of strings by the Dockerfile reference.
  return JSON.parse(text) as string[];
}

function setVariable(env: readonly string[], name: string, value: string): readonly string[] {
  const index = env.findIndex((entry) => entry.startsWith(`${name}=`));
  return index === -1 ? [...env, `${name}=${value}`] : env.with(index, `${name}=${value}`);
}

function pick(values: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
}
