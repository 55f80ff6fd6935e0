import { helpText, parseCommandLine } from './cli/command-line.ts';
import { commands } from './cli/commands.ts';
import { ProgramError } from './programs/run.ts';
import { createProgress } from './progress.ts';

try {
  const line = parseCommandLine(process.argv.slice(2));
  if (line === undefined) {
    process.stdout.write(helpText());
  } else {
    await commands[line.command](line, createProgress());
  }
} catch (error) {
  process.stderr.write(`\n${explain(error)}\n`);
  process.exitCode = error instanceof ProgramError ? (error.exitCode ?? 1) : 1;
}

/** The message with those of its causes: what to do, then what happened. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const isOwn = error.cause !== undefined && error.cause !== null;
  return isOwn ? `${error.message}\n  because: ${explain(error.cause)}` : error.message;
}
