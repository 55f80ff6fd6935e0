import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Where built programs and images are kept between labs, keyed by their inputs; survives `down`. */
export function cacheDirectory(...names: readonly string[]): string {
  return join(baseDirectory('XDG_CACHE_HOME', '.cache'), 'ecommerce-stack', ...names);
}

/** Where running labs keep their state, one directory per name. */
export function stateDirectory(...names: readonly string[]): string {
  return join(baseDirectory('XDG_STATE_HOME', '.local/state'), 'ecommerce-stack', ...names);
}

/** The XDG base directory specification: the variable counts only when it is an absolute path. */
function baseDirectory(variable: string, fallback: string): string {
  const value = process.env[variable];
  return value !== undefined && isAbsolute(value) ? value : join(homedir(), fallback);
}
