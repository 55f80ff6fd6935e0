/** One instruction of a Dockerfile, e.g. `COPY package.json ./`. */
export interface Instruction {
  /** Upper case. */
  readonly keyword: string;
  /** What follows the keyword, with lines joined. */
  readonly text: string;
  /** Line of the file on which it begins, from 1. */
  readonly line: number;
}

/** From one FROM to the next. */
export interface Stage {
  /** The name after AS, or its number from 0. */
  readonly name: string;
  /** What it builds on: an image or an earlier stage; variables not yet expanded. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** A Dockerfile as far as its structure goes. */
export interface Dockerfile {
  /** ARG before the first FROM: name to default. */
  readonly args: Readonly<Record<string, string>>;
  readonly stages: readonly Stage[];
}

/** Reads a Dockerfile; heredocs and parser directives are not understood. Errors name the line. */
export function parseDockerfile(text: string): Dockerfile {
  const args: Record<string, string> = {};
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructionsOf(text)) {
    const stage = stages.at(-1);
    if (instruction.keyword === 'FROM') {
      stages.push({ ...parseFrom(instruction, stages.length), instructions: [] });
    } else if (stage !== undefined) {
      stage.instructions.push(instruction);
    } else if (instruction.keyword === 'ARG') {
      const [name, value] = splitAssignment(instruction.text);
      args[name] = value ?? '';
    } else {
      throw new Error(
        `line ${instruction.line}: ${instruction.keyword} before the first FROM; only ARG may stand there`,
      );
    }
  }
  return { args, stages };
}

/** Replaces `$NAME`, `${NAME}` and `${NAME:-default}`; a name without a value becomes empty, as in Docker. */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})/g,
    (_match, bare: string | undefined, braced: string | undefined, fallback: string | undefined) =>
      variables[bare ?? braced ?? ''] || (fallback ?? ''),
  );
}

/** `NAME=value` or `NAME`; quotes around the value are taken off. */
export function splitAssignment(text: string): readonly [name: string, value: string | undefined] {
  const [, name = text, , value] = /^(\w+)(=(.*))?$/s.exec(text.trim()) ?? [];
  return [name, value?.replace(/^(["'])(.*)\1$/s, '$2')];
}

function* instructionsOf(text: string): Generator<Instruction> {
  let joined = '';
  let start = 0;
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) {
      continue;
    }
    start = joined === '' ? index + 1 : start;
    joined += line.replace(/\\\s*$/, ' ');
    if (!/\\\s*$/.test(line)) {
      yield instructionOf(joined.trim(), start);
      joined = '';
    }
  }
}

function instructionOf(text: string, line: number): Instruction {
  const [, keyword = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(text) ?? [];
  return { keyword: keyword.toUpperCase(), text: rest, line };
}

function parseFrom({ text, line }: Instruction, index: number): { readonly name: string; readonly from: string } {
  const [, from, , name] = /^(\S+)(\s+as\s+(\S+))?$/i.exec(text) ?? [];
  if (from === undefined) {
    throw new Error(`line ${line}: "FROM ${text}" is not FROM <image> or FROM <image> AS <name>`);
  }
  return { from, name: name ?? String(index) };
}
