import type { ImageCopy } from './image-copy.ts';
import type { Setup } from './subject.ts';

/** The operator as a checkout and as the image run it, and what the image's flags and variables are worth. */
export function memorySetups({
  directory,
  entry,
  flags,
  environment,
}: ImageCopy): readonly [image: Setup, ...others: Setup[]] {
  const program = { directory, entry };
  return [
    { what: 'the image, in a pod', isInPod: true, program, flags, environment },
    { what: 'the image, in a pod, without its flags and variables', isInPod: true, program },
    { what: 'the image, with a kubeconfig', program, flags, environment },
    { what: 'from a checkout: node operator/main.ts' },
  ];
}
