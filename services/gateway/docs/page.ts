/** The merged description as a page that needs no script: what one can call, by whom, and what it answers. */
import type { mergeDescriptions } from './merge.ts';

type MergedDescription = ReturnType<typeof mergeDescriptions>;

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly 'x-service'?: string;
  readonly 'x-roles'?: readonly string[];
  readonly security?: readonly object[];
  readonly responses?: Readonly<Record<string, { readonly description?: string }>>;
}

/** What the page may load: its own style, and nothing else. */
export const pageSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code{font-weight:600}summary{cursor:pointer}small{color:#555}table{border-collapse:collapse}td{padding:.1rem .8rem .1rem 0;vertical-align:top}`;

/** A whole document; every text of a service is escaped. */
export function renderPage(description: MergedDescription): string {
  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods as Readonly<Record<string, Operation>>).map(([method, operation]) => ({
      service: operation['x-service'] ?? '',
      html: renderOperation(`${method.toUpperCase()} ${path}`, operation),
    })),
  );
  const sections = [...Map.groupBy(operations, ({ service }) => service)].map(
    ([service, list]) => `<h2>${escapeHtml(service)}</h2>${list.map(({ html }) => html).join('')}`,
  );
  const { title, description: text } = description.info;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escapeHtml(title)}</title><style>${style}</style></head><body><h1>${escapeHtml(title)}</h1>`,
    `<p>${escapeHtml(text)} For programs: <a href="/docs/openapi.json">OpenAPI 3.1</a>.</p>`,
    ...sections,
    '</body></html>',
  ].join('');
}

function renderOperation(name: string, operation: Operation): string {
  const answers = Object.entries(operation.responses ?? {}).map(
    ([status, { description = '' }]) => `<tr><td>${escapeHtml(status)}</td><td>${escapeHtml(description)}</td></tr>`,
  );
  return [
    `<details><summary><code>${escapeHtml(name)}</code> ${escapeHtml(operation.summary ?? '')} `,
    `<small>${escapeHtml(whoMay(operation))}</small></summary>`,
    operation.description === undefined ? '' : `<p>${escapeHtml(operation.description)}</p>`,
    `<table>${answers.join('')}</table></details>`,
  ].join('');
}

function whoMay({ security = [], 'x-roles': roles }: Operation): string {
  if (roles !== undefined) return `for ${roles.join(', ')}`;
  return security.some((one) => Object.keys(one).length === 0) ? 'for everybody' : 'for who is signed in';
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
