import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { startScript } from './scripts.ts';

const run = promisify(execFile);
const id = (letter: string) => letter.repeat(40);

/** Runs the start script in front of a server that only prints its arguments; names are resolved from a table. */
async function start(t: ExecutionContext, options: { nodes?: string; names?: string; address: string }) {
  const folder = await mkdtemp(join(tmpdir(), 'redis-start-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const programs = {
    'redis-server': '#!/bin/sh\necho "$@"\n',
    getent: `#!/bin/sh\nawk -v name="$2" '$1 == name { print $2; found = 1 } END { exit !found }' '${folder}/names'\n`,
  };
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(bin, name), text);
    await chmod(join(bin, name), 0o755);
  }
  await writeFile(join(folder, 'names'), options.names ?? '');
  if (options.nodes !== undefined) {
    await writeFile(join(folder, 'nodes.conf'), options.nodes);
  }
  await writeFile(join(folder, 'start.sh'), startScript({ data: folder, config: '/config', users: '/users' }));
  const environment = [
    `PATH=${bin}:/usr/bin:/bin`,
    `POD_IP=${options.address}`,
    'POD_NAME=r-0',
    'POD_DOMAIN=nodes.ns.svc',
  ];
  const { stdout } = await run('env', [...environment, 'sh', join(folder, 'start.sh')]);
  const nodes = await readFile(join(folder, 'nodes.conf'), 'utf8').catch(() => undefined);
  return { started: stdout.trim(), nodes };
}

test('a first start announces the pod by name and address', async (t) => {
  const { started, nodes } = await start(t, { address: '10.0.0.9' });
  t.is(
    started,
    '/config/redis.conf --cluster-announce-ip 10.0.0.9 --replica-announce-ip 10.0.0.9 --cluster-announce-hostname r-0.nodes.ns.svc',
  );
  t.is(nodes, undefined);
});

test('own and peer addresses become those of today, and nothing else changes', async (t) => {
  const { nodes } = await start(t, {
    address: '10.0.0.9',
    names: 'r-0.nodes.ns.svc 10.0.0.9\nr-1.nodes.ns.svc 10.0.0.8\n',
    nodes: [
      `${id('a')} 10.0.0.1:6379@16379,r-0.nodes.ns.svc myself,master - 0 0 1 connected 0-5460 [7->-${id('b')}]`,
      `${id('b')} 10.0.0.2:6379@16379,r-1.nodes.ns.svc,shard-id=${id('c')} slave ${id('a')} 0 1 2 connected`,
      'vars currentEpoch 6 lastVoteEpoch 5',
      '',
    ].join('\n'),
  });
  t.is(
    nodes,
    [
      `${id('a')} 10.0.0.9:6379@16379,r-0.nodes.ns.svc myself,master - 0 0 1 connected 0-5460 [7->-${id('b')}]`,
      `${id('b')} 10.0.0.8:6379@16379,r-1.nodes.ns.svc,shard-id=${id('c')} slave ${id('a')} 0 1 2 connected`,
      'vars currentEpoch 6 lastVoteEpoch 5',
      '',
    ].join('\n'),
  );
});

test('addresses of IPv6 are put in as well', async (t) => {
  const { nodes } = await start(t, {
    address: 'fd00::9',
    names: 'r-1.nodes.ns.svc fd00::8\n',
    nodes: [
      `${id('a')} fd00::1:6379@16379,r-0.nodes.ns.svc myself,master - 0 0 1 connected 0-5460`,
      `${id('b')} fd00::2:6379@16379,r-1.nodes.ns.svc slave ${id('a')} 0 1 2 connected`,
      '',
    ].join('\n'),
  });
  t.regex(nodes ?? '', /a fd00::9:6379@16379,r-0/);
  t.regex(nodes ?? '', /b fd00::8:6379@16379,r-1/);
});

test('a peer without a name keeps its address and is not waited for', async (t) => {
  const began = performance.now();
  const { nodes } = await start(t, {
    address: '10.0.0.9',
    nodes: `${id('a')} 10.0.0.1:6379@16379 myself,master - 0 0 1 connected\n${id('b')} 10.0.0.2:6379@16379,,shard-id=x slave ${id('a')} 0 1 2 connected\n`,
  });
  t.regex(nodes ?? '', /10\.0\.0\.9:6379@16379 myself/);
  t.regex(nodes ?? '', /10\.0\.0\.2:6379@16379,,shard-id=x slave/);
  t.true(performance.now() - began < 5000);
});
