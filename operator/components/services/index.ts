import { kinds } from '../../api/kinds.ts';
import { type AnyComponent, type CredentialRequest, defineComponent } from '../contract.ts';
import { type ServiceDefinition, serviceCatalog } from './catalog.ts';
import { buildDesired } from './desired/index.ts';
import { gatherService, type ObservedService } from './gather.ts';
import { identityKeys, identitySecretName, personalDataKeys, personalDataSecretName } from './names.ts';
import { permissions } from './permissions.ts';
import { judgeService } from './readiness.ts';
import { reportService } from './report.ts';
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
    credentials: (stack) => [
      identityCredentials(stack.name),
      ...(definition.keepsPersonalData ? [personalDataCredentials(stack.name)] : []),
    ],
    inputs: () => [],
    desired: (stack, context) => buildDesired(definition, stack, context),
    gather: (stack, reader) => Promise.resolve(gatherService(definition, stack, reader)),
    readiness: (observed, stack) => judgeService(observed, definition, stack),
    report: (observed, stack) => reportService(observed, definition, stack),
    actions: definition.ownsDatabase ? [retryMigration] : [],
  });
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

/** 43 characters are 256 bits. */
function personalDataCredentials(stack: string): CredentialRequest {
  return { name: personalDataSecretName(stack), keys: { [personalDataKeys]: { kind: 'password', length: 43 } } };
}
