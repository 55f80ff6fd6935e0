import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createScratchDirectory } from '../programs/scratch.ts';
import { channelVariable, handOver } from './hand-over.ts';

const directory = await createScratchDirectory();

/** A listening socket, and the command that gives it to a program of this text, as published.ts starts one. */
async function aHandOver(t: ExecutionContext, name: string, text: string) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const script = join(directory, `${name}.mjs`);
  await writeFile(script, text);
  // `as`: a server on an address and port.
  const { port } = server.address() as AddressInfo;
  const command = ['env', channelVariable, 'setsid', '--fork', process.execPath, script];
  return { server, port, command, logPath: join(directory, `${name}.log`) };
}

test('a program that outlives its start answers on the socket that it was given', async (t) => {
  const { server, port, command, logPath } = await aHandOver(
    t,
    'answers',
    `import { createServer } from 'node:http';
    process.once('message', (_message, outside) => {
      createServer((_request, response) => response.end(String(process.pid), () => process.exit())).listen(outside);
      process.send('listening');
    });`,
  );
  await handOver(command, server, logPath);
  server.close();
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
  t.regex(await answer.text(), /^\d+$/);
});

test('a program that ends at its start is an error with the end of its log and where that is', async (t) => {
  const text = "process.stderr.write('no memory left\\n'); process.exitCode = 1;";
  const { server, command, logPath } = await aHandOver(t, 'ends', text);
  const error = await t.throwsAsync(handOver(command, server, logPath));
  t.regex(error.message, /forwards connections ended before it took its socket/);
  t.true(error.message.includes(logPath) && error.message.includes('no memory left'), error.message);
});

test('a program that is killed while it takes the socket is an error as well', async (t) => {
  const text = "process.once('message', () => process.kill(process.pid, 'SIGKILL'));";
  const { server, command, logPath } = await aHandOver(t, 'killed', text);
  await t.throwsAsync(handOver(command, server, logPath), { message: /ended before it took its socket/ });
});

test('a command that cannot be started is an error with its name', async (t) => {
  const { server, logPath } = await aHandOver(t, 'missing', '');
  await t.throwsAsync(handOver(['no-such-program-here'], server, logPath), { message: /no-such-program-here/ });
});
