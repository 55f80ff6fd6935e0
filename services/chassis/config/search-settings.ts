/** Settings of a service that asks Elasticsearch. */
import { z } from 'zod';
import { setting } from './settings.ts';
import { commaList, optionalText, wholeNumber } from './values.ts';

/** Where Elasticsearch is, and how long and how often it is asked. */
export const searchSettings = {
  urls: setting({
    variable: 'APP_ELASTICSEARCH_URLS',
    schema: commaList.pipe(
      z
        .array(z.url({ protocol: /^https?$/, error: 'each must be http://host:port or https://host:port' }))
        .min(1, 'must name a node'),
    ),
    description: 'Nodes to ask in turn: `http://host:port,http://host:port…`.',
  }),
  username: setting({
    variable: 'APP_ELASTICSEARCH_USERNAME',
    schema: optionalText(128),
    fallback: '',
    description: 'User to log in as; empty: without a login.',
  }),
  password: setting({
    variable: 'APP_ELASTICSEARCH_PASSWORD',
    schema: optionalText(1024),
    fallback: '',
    secret: true,
    description: 'Password of the user.',
  }),
  caCertificate: setting({
    variable: 'APP_ELASTICSEARCH_CA',
    schema: optionalText(65_536),
    fallback: '',
    description: 'PEM certificate that the nodes’ are signed with; without it the well-known authorities are used.',
  }),
  connectTimeoutMs: setting({
    variable: 'APP_ELASTICSEARCH_CONNECT_TIMEOUT_MS',
    schema: wholeNumber(1, 60_000),
    fallback: '1000',
    description: 'Longest wait for a connection to a node.',
  }),
  requestTimeoutMs: setting({
    variable: 'APP_ELASTICSEARCH_REQUEST_TIMEOUT_MS',
    schema: wholeNumber(1, 300_000),
    fallback: '5000',
    description: 'Longest wait for the answer to one attempt.',
  }),
  maxAttempts: setting({
    variable: 'APP_ELASTICSEARCH_MAX_ATTEMPTS',
    schema: wholeNumber(1, 20),
    fallback: '4',
    description: 'Attempts of a request that is safe to repeat, each at another node where there is one.',
  }),
} as const;
