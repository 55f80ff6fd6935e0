import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { restrictedContainerSecurity, restrictedPodSecurity } from '../../../objects/security.ts';
import type { ServiceDefinition } from '../catalog.ts';
import { serviceObjectName } from '../names.ts';
import type { EnvironmentVariable } from './environment.ts';
import { buildSecretsVolume, type SecretFile, secretsFolder } from './secret-files.ts';

/** uid of the service images (`Dockerfile`, target `service`). */
const serviceUid = 10001;

/** What every pod of a service has in common, the migration's as well as the server's. */
export function basePodSpec(
  definition: ServiceDefinition,
  stack: CompleteStack,
  files: readonly SecretFile[],
): Record<string, unknown> {
  return {
    serviceAccountName: serviceObjectName(stack.name, definition.name),
    automountServiceAccountToken: false,
    // Docker-style variables of every Service in the namespace could clash with ours: SHOP_PORT, APP_PORT.
    enableServiceLinks: false,
    securityContext: restrictedPodSecurity(serviceUid),
    ...(stack.imagePullSecrets.length > 0
      ? { imagePullSecrets: stack.imagePullSecrets.map((name) => ({ name })) }
      : {}),
    volumes: [{ name: 'tmp', emptyDir: {} }, buildSecretsVolume(files)],
  };
}

/** What every container of a service has in common. */
export function baseContainer(
  definition: ServiceDefinition,
  stack: CompleteStack,
  environment: readonly EnvironmentVariable[],
): Record<string, unknown> {
  return {
    name: definition.name,
    image: stack.services[definition.name].image,
    imagePullPolicy: 'IfNotPresent',
    env: environment,
    securityContext: restrictedContainerSecurity,
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'secrets', mountPath: secretsFolder, readOnly: true },
    ],
  };
}
