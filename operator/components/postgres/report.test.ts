import test from 'ava';
import { aCompleteStack } from '../../testing/complete.ts';
import { reportOf } from './report.ts';
import { aCluster } from './testing/cluster.ts';

type Spec = Parameters<typeof aCompleteStack>[0];

function warningsOf(spec: Spec): ReadonlyMap<string, string> {
  const stack = aCompleteStack(spec);
  const { warnings = [] } = reportOf(aCluster(stack, []), stack);
  return new Map(warnings.map(({ reason, message }) => [reason, message]));
}

test('the servers of both profiles carry the connections that are allowed', (t) => {
  t.false(warningsOf({ profile: 'Development' }).has('ConnectionsMayRunOut'));
  t.false(warningsOf({ profile: 'Development' }).has('MemoryMayRunOut'));
  t.false(warningsOf({ profile: 'Production' }).has('MemoryMayRunOut'));
});

test('a server with too little memory for the pools is a warning that names both, and what to change', (t) => {
  const memory = '384Mi';
  const resources = { requests: { memory }, limits: { memory } };
  t.is(
    warningsOf({ profile: 'Production', postgres: { resources } }).get('MemoryMayRunOut'),
    "With 197 connections, which the services may open, a server takes about 1398 MiB, and its limit is 384; raise spec.postgres.resources.limits.memory or lower the services' pools.",
  );
});

test('without replicas both pools of a service are on the one server', (t) => {
  const message = warningsOf({ postgres: { parameters: { max_connections: '60' } } }).get('ConnectionsMayRunOut');
  t.regex(message ?? '', /open 84 connections, and max_connections is 57/);
  t.false(
    warningsOf({ postgres: { readReplicas: 1, parameters: { max_connections: '60' } } }).has('ConnectionsMayRunOut'),
  );
});
