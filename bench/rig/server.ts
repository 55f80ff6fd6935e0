import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { startApiServer } from '../../lab/api.ts';
import { type Metered, meterOf } from '../harness/process-cpu.ts';

/** The API server that a bench runs against. */
export type BenchServer = Awaited<ReturnType<typeof startApiServer>>;

/** Meters of the server's programs, to stand beside every rate. */
export function serverMeters(server: BenchServer): readonly Metered[] {
  return server.processes.map(({ name, pid }) => meterOf(name, pid));
}

/** A copy of a kubeconfig, the administrator's when absent, that reaches the server through another port of loopback. */
export async function kubeconfigThrough(
  server: BenchServer,
  port: number,
  kubeconfig = server.kubeconfigPath,
): Promise<string> {
  const text = await readFile(kubeconfig, 'utf8');
  const path = join(server.directory, `through-${port}.kubeconfig`);
  await writeFile(path, text.replaceAll(server.serverUrl, `https://127.0.0.1:${port}`), { mode: 0o600 });
  return path;
}

/** Makes a namespace; without controllers it is empty and stays until the server stops. */
export async function createNamespace(server: BenchServer, name: string): Promise<void> {
  await server.kubectl(['create', 'namespace', name]);
}
