import type { Answer, Content, OpenApiDocument, Operation, Parameter } from './document.ts';
import { schemaBreaks, type Direction, type Sides } from './schema-breaks.ts';

export interface ContractChanges {
  /** What a client of the accepted document trips over, one sentence each. */
  readonly breaking: readonly string[];
  /** Operations that came. */
  readonly added: readonly string[];
}

/** What has become of the accepted interface in the one that is served. */
export const contractChanges = (accepted: OpenApiDocument, served: OpenApiDocument): ContractChanges => {
  const sides = { accepted, served };
  const before = operationsOf(accepted);
  const after = operationsOf(served);
  return {
    breaking: [...before].flatMap(([name, operation]) => {
      const now = after.get(name);
      return now === undefined ? [`${name}: is gone`] : operationBreaks(sides, name, operation, now);
    }),
    added: [...after.keys()].filter((name) => !before.has(name)),
  };
};

const operationsOf = ({ paths }: OpenApiDocument): Map<string, Operation> =>
  new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [
        // What a path parameter is called is no client's matter.
        `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, '{}')}`,
        operation,
      ]),
    ),
  );

const operationBreaks = (sides: Sides, name: string, was: Operation, now: Operation): string[] => [
  ...(was.operationId === now.operationId
    ? []
    : [`${name}: operationId changed from ${was.operationId} to ${now.operationId}`]),
  ...(was.security?.length === 0 && now.security?.length !== 0 ? [`${name}: now needs a sign-in`] : []),
  ...(was['x-role'] === undefined && now['x-role'] !== undefined
    ? [`${name}: is now for the role ${now['x-role']} only`]
    : []),
  ...parameterBreaks(sides, name, was.parameters ?? [], now.parameters ?? []),
  ...bodyBreaks(sides, name, was.requestBody, now.requestBody),
  ...responseBreaks(sides, name, was.responses, now.responses),
];

const parameterBreaks = (
  sides: Sides,
  name: string,
  was: readonly Parameter[],
  now: readonly Parameter[],
): string[] => {
  const keyOf = (parameter: Parameter): string => `${parameter.in} parameter ${parameter.name}`;
  const open = (parameters: readonly Parameter[]) =>
    new Map(parameters.filter((parameter) => parameter.in !== 'path').map((one) => [keyOf(one), one]));
  const before = open(was);
  const after = open(now);
  return [
    ...[...before].flatMap(([key, parameter]) => {
      const other = after.get(key);
      if (other === undefined) return [`${name}: ${key} is no longer taken`];
      return schemaBreaks(sides, 'request', parameter.schema ?? {}, other.schema ?? {}, `${name}: ${key}`);
    }),
    ...[...after]
      .filter(([key, { required }]) => required === true && before.get(key)?.required !== true)
      .map(([key]) => `${name}: ${key} is now required`),
  ];
};

const bodyBreaks = (
  sides: Sides,
  name: string,
  was: Operation['requestBody'],
  now: Operation['requestBody'],
): string[] => {
  if (now === undefined) return was === undefined ? [] : [`${name}: no longer takes a body`];
  if (was === undefined) return now.required === true ? [`${name}: now needs a body`] : [];
  return contentBreaks(sides, 'request', `${name}: body`, was.content, now.content);
};

const responseBreaks = (
  sides: Sides,
  name: string,
  was: Operation['responses'],
  now: Operation['responses'],
): string[] => [
  ...Object.entries(was).flatMap(([status, answer]) => {
    const other = now[status];
    if (other !== undefined) {
      const [before, after] = [contentOf(sides.accepted, answer), contentOf(sides.served, other)];
      return contentBreaks(sides, 'response', `${name}: ${status}`, before, after);
    }
    return status.startsWith('2') ? [`${name}: no longer answers ${status}`] : [];
  }),
  ...Object.keys(now)
    .filter((status) => status.startsWith('2') && !Object.hasOwn(was, status))
    .map((status) => `${name}: may now answer ${status}`),
];

const contentOf = ({ components }: OpenApiDocument, { $ref, content }: Answer): Content | undefined =>
  $ref === undefined ? content : components?.responses?.[$ref.split('/').at(-1) ?? '']?.content;

const contentBreaks = (
  sides: Sides,
  direction: Direction,
  where: string,
  was: Content = {},
  now: Content = {},
): string[] =>
  Object.entries(was).flatMap(([type, { schema }]) => {
    const other = now[type];
    if (other === undefined) return [`${where}: ${type} is gone`];
    return schemaBreaks(sides, direction, schema ?? {}, other.schema ?? {}, where);
  });
