import { kinds } from '../../api/kinds.ts';
import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { type AnyComponent, type CredentialRequest, defineComponent } from '../contract.ts';
import { type ServiceDefinition, serviceCatalog } from './catalog.ts';
import { minimumReplicas } from './desired/deployment.ts';
import { buildDesired } from './desired/index.ts';
import { gatherService, type ObservedService, runningVersion } from './gather.ts';
import {
  identityKeys,
  identitySecretName,
  personalDataKeys,
  personalDataSecretName,
  serviceObjectName,
} from './names.ts';
import { permissions } from './permissions.ts';
import { judgeService } from './readiness.ts';
import { retryMigration } from './retry-migration.ts';

/** One component per service of the catalog. */
export const services: readonly AnyComponent[] = serviceCatalog.map(serviceComponent);

function serviceComponent(definition: ServiceDefinition): AnyComponent {
  return defineComponent<ObservedService>({
    name: definition.name,
    conditionType: 'ServicesReady',
    dependsOn: [
      ...(definition.ownsDatabase ? ['postgres'] : []),
      ...(definition.usesRedis ? ['redis'] : []),
      ...(definition.usesKafka ? ['kafka'] : []),
      ...(definition.usesSearch ? ['elasticsearch'] : []),
    ],
    kinds: [
      kinds.Deployment,
      kinds.Service,
      kinds.ServiceAccount,
      kinds.HorizontalPodAutoscaler,
      kinds.PodDisruptionBudget,
      kinds.Job,
      kinds.Pod,
      kinds.Secret,
    ],
    permissions,
    isEnabled: (stack) => stack.services[definition.name].enabled,
    credentials: (stack) => [identityCredentials(stack.name), personalDataCredentials(stack.name)],
    inputs: () => [],
    desired: (stack, context) => buildDesired(definition, stack, context),
    gather: (stack, reader) => Promise.resolve(gatherService(definition, stack, reader)),
    readiness: (observed, stack) => judgeService(observed, definition, stack),
    report: (observed, stack) => {
      const service = stack.services[definition.name];
      const single = minimumReplicas(service) < 2;
      const version = runningVersion(observed, definition);
      return {
        ...(version === undefined ? {} : { version }),
        ...(definition.isGateway ? { endpoint: gatewayAddress(stack, definition) } : {}),
        ...(single ? { guarantee: 'One pod: a lost node or a drain interrupts it until the pod runs elsewhere.' } : {}),
      };
    },
    actions: definition.ownsDatabase ? [retryMigration] : [],
  });
}

function gatewayAddress(stack: CompleteStack, { name, port }: ServiceDefinition): string {
  return `http://${serviceObjectName(stack.name, name)}.${stack.namespace}.svc:${port}`;
}

/** Every service names the same Secret; the engine creates it once. 2048 bits: the minimum of RFC 7518 for RS256. */
function identityCredentials(stack: string): CredentialRequest {
  return {
    name: identitySecretName(stack),
    keys: {
      [identityKeys.signingKey]: { kind: 'rsaPrivateKey', bits: 2048 },
      [identityKeys.internalKey]: { kind: 'password', length: 43 },
    },
  };
}

/**
 * Every component asks for it and one service gets it: what the others would change is compared with the keys as they are now, to see whose
 * turn it is. 43 characters are 256 bits.
 */
function personalDataCredentials(stack: string): CredentialRequest {
  return { name: personalDataSecretName(stack), keys: { [personalDataKeys]: { kind: 'password', length: 43 } } };
}
