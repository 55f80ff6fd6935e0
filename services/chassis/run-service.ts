/** The process of a service: command line, environment, signals, exit codes. */
import {
  describeSettings,
  type Environment,
  loadSettings,
  type OpenedSettings,
  openSettings,
  type SettingGroups,
  type Settings,
  SettingsError,
} from './config/settings.ts';
import { replayCommand, replayerOf } from './dead-letters/replayer.ts';
import { createLogger, type Logger } from './logger.ts';
import { migrate } from './migrations/runner.ts';
import { buildService, startService } from './running-service.ts';
import type { CommonGroups, ServiceDefinition } from './service.ts';
import { UsageError } from './usage-error.ts';

/** The parts of Node's `process` that are needed; tests give their own. */
export interface ProcessLike {
  readonly argv: readonly string[];
  readonly env: Environment;
  exitCode?: number | string | null | undefined;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  on(event: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  /** Node's never returns; what follows a call must not rely on that. */
  exit(code: number): unknown;
}

/** What can be asked for on the command line. `serve` is the default. */
const commonCommands = {
  serve: 'Serve requests until SIGTERM (default).',
  migrate: 'Bring the database to the newest migration, then end.',
  settings: 'Print the table of environment variables, then end.',
  [replayCommand]: 'Play back events that were given up, then end.',
} as const;

/**
 * Runs the command that the arguments name. Exit codes: 0 done; 1 failed; 2 wrong command line or environment.
 *
 * The rest of a service's `main.ts` is its definition.
 */
export async function runService<Groups extends SettingGroups & CommonGroups, Deps>(
  definition: ServiceDefinition<Groups, Deps>,
  host: ProcessLike,
): Promise<void> {
  try {
    await runCommand(definition, host, host.argv[2] ?? 'serve');
  } catch (error) {
    if (error instanceof SettingsError || error instanceof UsageError) {
      host.stderr.write(`${definition.name}: ${error.message}\n`);
      host.exitCode = 2;
      return;
    }
    createLogger({ service: definition.name, version: 'unknown', level: 'info' }).fatal({ err: error }, 'failed');
    host.exitCode = 1;
  }
}

async function runCommand<Groups extends SettingGroups & CommonGroups, Deps>(
  definition: ServiceDefinition<Groups, Deps>,
  host: ProcessLike,
  name: string,
): Promise<void> {
  if (name === 'settings') {
    host.stdout.write(`${describeSettings(definition.settings)}\n`);
    return;
  }
  if (name === 'migrate' && definition.migrations !== undefined) return runMigrations(definition, host);
  if (name === 'serve') return serve(definition, host);
  const replayer = replayerOf(definition);
  if (name === replayCommand && replayer !== undefined) {
    const { runReplay } = await import('./dead-letters/command.ts');
    const write = (text: string) => void host.stdout.write(text);
    const words = host.argv.slice(3);
    const { missing } = await runReplay(replayer, definition.settings, { words, environment: host.env, write });
    if (missing.length > 0) host.exitCode = 1;
    return;
  }
  const command = definition.commands?.[name];
  if (command === undefined) throw new UsageError(usage(definition, name));
  const { settings, logger } = prepare(definition, host);
  const built = buildService(definition, settings, logger);
  try {
    await command.run(built.deps, logger);
  } finally {
    await built.close();
  }
}

async function serve<Groups extends SettingGroups & CommonGroups, Deps>(
  definition: ServiceDefinition<Groups, Deps>,
  host: ProcessLike,
): Promise<void> {
  const { settings, logger, reload } = prepare(definition, host);
  const running = await startService(definition, settings, logger, reload);
  let isStopping = false;
  const stop = (): void => {
    // A second signal means: now.
    if (isStopping) {
      host.exit(1);
      return;
    }
    isStopping = true;
    running.stop().then(
      (isDrained) => host.exit(isDrained ? 0 : 1),
      (err: unknown) => {
        logger.fatal({ err }, 'stopping failed');
        host.exit(1);
      },
    );
  };
  host.on('SIGTERM', stop);
  host.on('SIGINT', stop);
}

async function runMigrations<Groups extends SettingGroups & CommonGroups, Deps>(
  definition: ServiceDefinition<Groups, Deps>,
  host: ProcessLike,
): Promise<void> {
  const { migrations } = definition;
  if (migrations === undefined) return;
  // Only these groups are read: the rest of the service may not be configured yet. All names stay known.
  const wanted = Object.entries(definition.settings).filter(
    ([name]) => name === 'process' || migrations.groups.includes(name),
  );
  const settings = loadSettings(Object.fromEntries(wanted), host.env, definition.settings) as Settings<
    Groups & CommonGroups
  >; // a part of it
  const logger = createLogger({
    service: definition.name,
    version: settings.process.version,
    level: settings.process.logLevel,
  });
  const release = { service: definition.name, version: settings.process.version };
  const applied = await migrate(migrations.folder, { ...migrations.settings(settings), release }, logger);
  logger.info({ applied }, applied.length === 0 ? 'the database is up to date' : 'the database was migrated');
}

interface Prepared<Groups extends SettingGroups> extends OpenedSettings<Groups> {
  readonly logger: Logger;
}

function prepare<Groups extends SettingGroups & CommonGroups, Deps>(
  definition: ServiceDefinition<Groups, Deps>,
  host: ProcessLike,
): Prepared<Groups & CommonGroups> {
  const opened: OpenedSettings<Groups & CommonGroups> = openSettings(definition.settings, host.env);
  const { version, logLevel } = opened.settings.process;
  return { ...opened, logger: createLogger({ service: definition.name, version, level: logLevel }) };
}

function usage<Groups extends SettingGroups & CommonGroups, Deps>(
  definition: ServiceDefinition<Groups, Deps>,
  name: string,
): string {
  const own = Object.entries(definition.commands ?? {}).map(([command, { summary }]) => [command, summary] as const);
  const absent = new Set([
    ...(definition.migrations === undefined ? ['migrate'] : []),
    ...(replayerOf(definition) === undefined ? [replayCommand] : []),
  ]);
  const common = Object.entries(commonCommands).filter(([command]) => !absent.has(command));
  const lines = [...common, ...own].map(([command, summary]) => `  ${command.padEnd(20)} ${summary}`);
  return `there is no command ${name}; choose one of\n${lines.join('\n')}`;
}
