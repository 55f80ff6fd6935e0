import { stringify } from 'yaml';
import { cartService } from '../../services/cart/service.ts';
import { describeSettings, type SettingGroups } from '../../services/chassis/config/settings.ts';
import { describeApi } from '../../services/chassis/http/openapi.ts';
import type { Route } from '../../services/chassis/http/route.ts';
import { problemCodes, problemTypes } from '../../services/contracts/problems.ts';
import { gatewayService } from '../../services/gateway/service.ts';
import { inventoryService } from '../../services/inventory/service.ts';
import { productService } from '../../services/product/service.ts';
import { searchService } from '../../services/search/service.ts';
import { userService } from '../../services/user/service.ts';

/** A service as far as its documents are concerned. */
interface DescribedService {
  readonly name: string;
  readonly title: string;
  readonly settingsTable: string;
  describe(): unknown;
}

/** The API's version; the release is in the served document, not here, so that a release changes no file. */
const apiVersion = 'v1';

/** Every service with an API description; a new one needs only its entry here. */
const services: readonly DescribedService[] = [
  toDescribed(gatewayService),
  toDescribed(userService),
  toDescribed(productService),
  toDescribed(searchService),
  toDescribed(inventoryService),
  toDescribed(cartService),
];

function toDescribed<Deps>(service: {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly settings: SettingGroups;
  readonly routes: readonly Route<Deps>[];
}): DescribedService {
  const { name, title, description, settings, routes } = service;
  return {
    name,
    title,
    settingsTable: describeSettings(settings),
    describe: () => describeApi({ title, description, version: apiVersion }, routes),
  };
}

/** `services/<name>/openapi.yaml`: what each service's routes say, in one file for clients and reviews. */
export function openapiGenerators(header: string): readonly { readonly path: string; render(): string }[] {
  return services.map((service) => ({
    path: `services/${service.name}/openapi.yaml`,
    render: () => `${header}\n${stringify(service.describe(), { lineWidth: 120, aliasDuplicateObjects: false })}`,
  }));
}

/** `docs/reference/problems.md`: every error that a client of the shop can see. */
export function renderProblemsPage(header: string): string {
  const sections = problemCodes.map((code) => {
    const { status, title, cause, remedy } = problemTypes[code];
    return `## ${code}\n\n${status}: **${title}.** ${cause} ${remedy}\n`;
  });
  return [
    header,
    '',
    '# Problems',
    '',
    'Errors are `application/problem+json` (RFC 9457). The member `code` is stable: programs decide by it. `instance` names the',
    'request in the logs. The gateway answers the same texts at `/problems` and `/problems/<code>`.',
    '',
    ...sections,
  ].join('\n');
}

/** `docs/reference/service-settings.md`: the environment variables of every service. */
export function renderSettingsPage(header: string): string {
  const sections = services.map((service) => `## ${service.title}\n\n${service.settingsTable}\n`);
  return [
    header,
    '',
    '# Settings of the services',
    '',
    'Environment variables, read when a process starts. Each can be a file as well, named as the variable, in the folder',
    '`APP_SECRETS_DIR`; a variable that is set wins. What is **live** is read again while the process runs, when its file has',
    'changed. All faults are reported together; a variable or file that begins with `APP_` and is not listed here is a fault as',
    'well. The operator sets what leads a service to its stores and neighbours; anything else can be set in the stack under',
    '`services.<name>.env`.',
    '',
    ...sections,
  ].join('\n');
}
