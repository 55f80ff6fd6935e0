import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';

/** Below this heap a server starts twice as fast, and in less memory, with the simple compiler only. */
const smallHeapMebibytes = 1024;

/** Heap in MiB. */
export function heapMebibytes(stack: CompleteStack): number {
  const { heapSize } = stack.elasticsearch;
  return Number.parseInt(heapSize, 10) * (heapSize.endsWith('g') ? 1024 : 1);
}

/**
 * ES_JAVA_OPTS. Both ends of the heap are the same, as Elasticsearch demands in production; the collector is the image's
 * choice, because two are one too many. Java remembers addresses for 30 s and failures for 10 s; a restarted pod has
 * another address at once.
 */
export function javaOptions(stack: CompleteStack): string {
  const heap = heapMebibytes(stack);
  return [
    `-Xms${heap}m -Xmx${heap}m`,
    ...(heap < smallHeapMebibytes ? ['-XX:TieredStopAtLevel=1'] : []),
    '-Dsun.net.inetaddr.ttl=5 -Dsun.net.inetaddr.negative.ttl=1',
    '-Des.networkaddress.cache.ttl=5 -Des.networkaddress.cache.negative.ttl=1',
  ].join(' ');
}
