import test from 'ava';
import { Registry } from 'prom-client';
import { createStackMetrics } from './metrics.ts';

const ready = {
  isReady: true,
  components: [{ name: 'postgres', isReady: true }],
  conditions: [{ type: 'Ready', status: 'True' }],
};

test('series tell of each stack how it is now, however often they are read, and leave with it', async (t) => {
  const registry = new Registry();
  const metrics = createStackMetrics(registry);
  metrics.stackObserved('shop/a', ready);
  metrics.stackObserved('shop/b', ready);
  metrics.stackObserved('shop/b', { ...ready, isReady: false, conditions: [{ type: 'Ready', status: 'False' }] });
  const expected = [
    'ecommerce_component_ready{namespace="shop",stack="a",component="postgres"} 1',
    'ecommerce_component_ready{namespace="shop",stack="b",component="postgres"} 1',
    'ecommerce_stack_condition{namespace="shop",stack="a",type="Ready",status="True"} 1',
    'ecommerce_stack_condition{namespace="shop",stack="b",type="Ready",status="False"} 1',
    'ecommerce_stack_ready{namespace="shop",stack="a"} 1',
    'ecommerce_stack_ready{namespace="shop",stack="b"} 0',
  ];
  t.deepEqual(await linesOf(registry), expected);
  t.deepEqual(await linesOf(registry), expected);
  metrics.stackForgotten('shop/b');
  t.deepEqual(
    await linesOf(registry),
    expected.filter((line) => line.includes('stack="a"')),
  );
});

async function linesOf(registry: Registry): Promise<readonly string[]> {
  const lines = (await registry.metrics()).split('\n');
  return lines.filter((line) => line.startsWith('ecommerce_') && line.includes('stack=')).toSorted();
}
