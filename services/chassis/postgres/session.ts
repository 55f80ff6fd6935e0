/** One connection of its own, for what belongs to a session: advisory locks and LISTEN. */
import pg from 'pg';
import { type ConnectionSettings, toClientConfig } from './client-config.ts';
import type { Connection } from './statement.ts';

export interface Session extends Connection {
  /** Aborted once the connection is gone, and with it the session's locks. */
  readonly lost: AbortSignal;
  /** Calls back for each notification, until the session ends. */
  listen(channel: string, onNotification: () => void): Promise<void>;
  /** Ends the session; its locks are free then. */
  close(): Promise<void>;
}

/**
 * The server notices within half a minute that the machine at the other end is gone; by default that takes two hours, and
 * nobody else would get the session's locks.
 */
const noticeLoss = `select set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),
  set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '25000', false)`;

/** Connects once; whoever needs it for ever does so again. */
export async function openSession(settings: ConnectionSettings, applicationName: string): Promise<Session> {
  const client = new pg.Client(toClientConfig(settings, applicationName));
  const end = new AbortController();
  client.on('error', () => end.abort());
  client.on('end', () => end.abort());
  await client.connect();
  const close = async (): Promise<void> => {
    await client.end().catch(() => undefined);
  };
  try {
    await client.query(noticeLoss);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    lost: end.signal,
    rows: async <Row>(
      { name, text }: { readonly name: string; readonly text: string },
      values: readonly unknown[] = [],
    ) => {
      const result = await client.query({ name, text, values: [...values] });
      return result.rows as readonly Row[]; // the caller wrote the select list that Row describes
    },
    listen: async (channel, onNotification) => {
      client.on('notification', (notification) => {
        if (notification.channel === channel) onNotification();
      });
      await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    },
    close,
  };
}
