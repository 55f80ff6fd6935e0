/** Tests against the OpenAPI description of a service: what it promises, and what it must refuse. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { OpenApiDocument } from '../http/openapi.ts';
import type { Answer } from './service-under-test.ts';

/** The parts of an operation that the tests read. */
export interface DescribedOperation {
  readonly id: string;
  readonly method: string;
  /** Template, e.g. `/api/v1/products/{id}`. */
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly bodySchema: JsonObject | undefined;
  readonly statuses: readonly string[];
}

export type JsonObject = Readonly<Record<string, unknown>>;

export interface ApiDescription {
  readonly operations: readonly DescribedOperation[];
  /** True when the body is one that the operation accepts, as far as its schema says. */
  acceptsBody(operation: DescribedOperation, body: unknown): boolean;
  /** What is wrong with the answer by the description; nothing when it is as promised. */
  findFault(operation: DescribedOperation, answer: Answer): string | undefined;
}

/** Reads a description; throws when it is not valid. */
export function readApiDescription(document: OpenApiDocument): ApiDescription {
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  ajv.addFormat('email', /^[^@\s]+@[^@\s]+\.[^@\s]+$/);
  ajv.addFormat('uri', (text) => URL.canParse(text));
  ajv.addSchema({ ...document, $id: 'api' });
  const compiled = new Map<string, ValidateFunction>();
  const validatorAt = (pointer: readonly string[]): ValidateFunction => {
    const ref = `api#/${pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
    const validate = compiled.get(ref) ?? ajv.compile({ $ref: ref });
    compiled.set(ref, validate);
    return validate;
  };
  const operations = listOperations(document);
  return {
    operations,
    acceptsBody: (operation, body) => {
      const pointer = [
        'paths',
        operation.path,
        operation.method,
        'requestBody',
        'content',
        'application/json',
        'schema',
      ];
      return validatorAt(pointer)(body);
    },
    findFault: (operation, answer) => {
      const status = String(answer.status);
      if (!operation.statuses.includes(status)) return `${operation.id} answered ${status}, which is not described`;
      if (answer.text === '') return undefined;
      const mediaType = answer.headers.get('content-type')?.split(';')[0] ?? '';
      if (!/[/+]json$/.test(mediaType)) return findUndescribedBytes(document, operation, [status, mediaType]);
      const validate = validatorAt([
        'paths',
        operation.path,
        operation.method,
        'responses',
        status,
        'content',
        mediaType,
        'schema',
      ]);
      return validate(answer.json) ? undefined : `${operation.id} ${status}: ${ajv.errorsText(validate.errors)}`;
    },
  };
}

/** Of bodies that are no JSON only the type is described. */
function findUndescribedBytes(
  document: OpenApiDocument,
  { id, path, method }: DescribedOperation,
  [status = '', mediaType = '']: readonly string[],
): string | undefined {
  const described = at(document, ['paths', path, method, 'responses', status, 'content', mediaType]);
  return described === undefined ? `${id} ${status}: ${mediaType} is not described` : undefined;
}

function listOperations(document: OpenApiDocument): readonly DescribedOperation[] {
  const paths = document['paths'] as Readonly<Record<string, Readonly<Record<string, JsonObject>>>>; // by the specification
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      id: String(operation['operationId']),
      method,
      path,
      parameters: (operation['parameters'] ?? []) as DescribedOperation['parameters'], // by the specification
      bodySchema: bodySchemaOf(document, operation),
      statuses: Object.keys(operation['responses'] ?? {}),
    })),
  );
}

function bodySchemaOf(document: OpenApiDocument, operation: JsonObject): JsonObject | undefined {
  const schema = at(operation, ['requestBody', 'content', 'application/json', 'schema']);
  const ref = schema?.['$ref'];
  return typeof ref === 'string' ? at(document, ref.split('/').slice(1)) : schema;
}

function at(value: unknown, path: readonly string[]): JsonObject | undefined {
  const found = path.reduce<unknown>((inner, key) => (inner as JsonObject | undefined)?.[key], value); // absent members end as undefined
  return typeof found === 'object' && found !== null ? (found as JsonObject) : undefined; // an object
}
