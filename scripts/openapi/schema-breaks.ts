import { isDeepStrictEqual } from 'node:util';
import type { OpenApiDocument, Schema } from './document.ts';

/**
 * What is sent in must go on being taken; what comes out must go on being what it was. Answers may gain fields and
 * enum values, which clients are told to expect.
 */
export type Direction = 'request' | 'response';

export interface Sides {
  readonly accepted: OpenApiDocument;
  readonly served: OpenApiDocument;
}

/** One sentence for each way in which the served schema breaks clients of the accepted one. */
export const schemaBreaks = (
  sides: Sides,
  direction: Direction,
  accepted: Schema,
  served: Schema,
  where: string,
): string[] => {
  const request = direction === 'request';
  const { from, to } = request
    ? { from: { document: sides.accepted, schema: accepted }, to: { document: sides.served, schema: served } }
    : {
        from: { document: sides.served, schema: served },
        to: { document: sides.accepted, schema: accepted },
      };
  return new Comparison(request, from.document, to.document).breaks(from.schema, to.schema, where);
};

const upperBounds = ['maxLength', 'maxItems', 'maximum', 'exclusiveMaximum'] as const;
const lowerBounds = ['minLength', 'minItems', 'minimum', 'exclusiveMinimum'] as const;

/** Whether every value of `from` fits `to`: of what was accepted in what is served for requests, else the reverse. */
class Comparison {
  readonly #request: boolean;
  readonly #from: OpenApiDocument;
  readonly #to: OpenApiDocument;
  /** Pairs under way: schemas refer to themselves. */
  readonly #under = new Set<string>();

  constructor(request: boolean, from: OpenApiDocument, to: OpenApiDocument) {
    this.#request = request;
    this.#from = from;
    this.#to = to;
  }

  breaks(from: Schema, to: Schema, where: string): string[] {
    const pair = `${from.$ref ?? ''} ${to.$ref ?? ''}`;
    if (from.$ref !== undefined && to.$ref !== undefined) {
      if (this.#under.has(pair)) return [];
      this.#under.add(pair);
    }
    try {
      const a = flat(this.#from, from);
      const b = flat(this.#to, to);
      if (isAnything(b) || isDeepStrictEqual(b.not, {})) return [];
      const many = variantsOf(a);
      const taken = variantsOf(b);
      if (many.length === 1 && taken.length === 1) return this.#single(a, b, where);
      return many.flatMap((variant) => this.#fitsOne(variant, taken, where));
    } finally {
      this.#under.delete(pair);
    }
  }

  #fitsOne(variant: Schema, taken: readonly Schema[], where: string): string[] {
    const tag = tagOf(this.#from, variant);
    const alike = taken.find((candidate) => tag !== undefined && tagOf(this.#to, candidate) === tag);
    if (alike) return this.breaks(variant, alike, where);
    // A new kind of message is one that clients skip; a value of another type is not.
    if (!this.#request && tag !== undefined) return [];
    if (taken.some((candidate) => this.breaks(variant, candidate, where).length === 0)) return [];
    const what = describe(flat(this.#from, variant));
    return [this.#request ? `${where}: ${what} is no longer taken` : `${where}: may now be ${what}`];
  }

  #single(from: Schema, to: Schema, where: string): string[] {
    const types = typesOf(from);
    const wanted = typesOf(to);
    if (wanted !== undefined) {
      const strange = (types ?? ['anything']).filter(
        (type) => !wanted.includes(type) && !(type === 'integer' && wanted.includes('number')),
      );
      if (strange.length > 0) {
        const [was, is] = this.#request ? [types, wanted] : [wanted, types];
        return [`${where}: type changed from ${named(was)} to ${named(is)}`];
      }
    }
    return [
      ...this.#values(from, to, where),
      ...(this.#request ? limits(from, to, where) : []),
      ...this.#fields(from, to, where),
      ...(from.items && to.items ? this.breaks(from.items, to.items, `${where}[]`) : []),
    ];
  }

  #values(from: Schema, to: Schema, where: string): string[] {
    const wanted = valuesOf(to);
    if (wanted === undefined) return [];
    const given = valuesOf(from);
    if (given === undefined)
      return [`${where}: ${this.#request ? 'is now an enum' : 'is no longer an enum'}`];
    if (!this.#request) return [];
    const lost = given.filter((value) => !wanted.some((other) => isDeepStrictEqual(value, other)));
    return lost.map((value) => `${where}: the value ${JSON.stringify(value)} is no longer taken`);
  }

  #fields(from: Schema, to: Schema, where: string): string[] {
    const before = from.properties ?? {};
    const after = to.properties ?? {};
    const required = (to.required ?? [])
      .filter((name) => !(from.required ?? []).includes(name))
      .map((name) => {
        if (this.#request) return `${where}.${name}: is now required`;
        return `${where}.${name}: ${Object.hasOwn(before, name) ? 'may now be absent' : 'is gone'}`;
      });
    const gone = this.#request
      ? []
      : Object.keys(after)
          .filter((name) => !Object.hasOwn(before, name) && !to.required?.includes(name))
          .map((name) => `${where}.${name}: is gone`);
    const inner = Object.entries(before).flatMap(([name, schema]) => {
      const other = after[name];
      if (other !== undefined) return this.breaks(schema, other, `${where}.${name}`);
      const rest = to.additionalProperties;
      if (typeof rest === 'object') return this.breaks(schema, rest, `${where}.${name}`);
      return this.#request && rest === false ? [`${where}.${name}: is no longer taken`] : [];
    });
    const rest =
      typeof from.additionalProperties === 'object' && typeof to.additionalProperties === 'object'
        ? this.breaks(from.additionalProperties, to.additionalProperties, `${where}.*`)
        : [];
    return [...required, ...gone, ...inner, ...rest];
  }
}

const limits = (from: Schema, to: Schema, where: string): string[] => {
  const tighter = [
    ...upperBounds.filter((name) => (to[name] ?? Infinity) < (from[name] ?? Infinity)),
    ...lowerBounds.filter((name) => (to[name] ?? -Infinity) > (from[name] ?? -Infinity)),
  ].map((name) => `${where}: ${name} tightened from ${from[name] ?? 'none'} to ${to[name]}`);
  const forms = (['pattern', 'format'] as const)
    .filter((name) => to[name] !== undefined && to[name] !== from[name])
    .map((name) => `${where}: ${name} changed from ${from[name] ?? 'none'} to ${to[name]}`);
  return [...tighter, ...forms];
};

type Flat = Schema & { readonly not?: unknown };

/** Follows references, and folds what must all hold into one. */
const flat = (document: OpenApiDocument, schema: Schema): Flat => {
  const { $ref } = schema;
  if ($ref !== undefined) {
    const target = document.components?.schemas?.[$ref.split('/').at(-1) ?? ''];
    if (target === undefined) throw new Error(`${$ref} leads nowhere in the OpenAPI document.`);
    return flat(document, target);
  }
  if (schema.allOf === undefined) return schema;
  const { allOf, ...own } = schema;
  return [own, ...allOf.map((part) => flat(document, part))].reduce<Schema>(
    (whole, part) => ({
      ...whole,
      ...part,
      properties: { ...whole.properties, ...part.properties },
      required: [...(whole.required ?? []), ...(part.required ?? [])],
    }),
    {},
  );
};

const shape = ['type', 'enum', 'const', 'properties', 'items', 'anyOf', 'oneOf', 'required'] as const;
const isAnything = (schema: Schema): boolean => shape.every((name) => schema[name] === undefined);

const variantsOf = (schema: Schema): readonly Schema[] => schema.anyOf ?? schema.oneOf ?? [schema];

const typesOf = ({ type }: Schema): readonly string[] | undefined =>
  typeof type === 'string' ? [type] : type;

const valuesOf = (schema: Schema): readonly unknown[] | undefined =>
  schema.const === undefined ? schema.enum : [schema.const];

/** The constant a variant of a union is told by. */
const tagOf = (document: OpenApiDocument, schema: Schema): unknown =>
  flat(document, schema).properties?.['type']?.const;

const named = (types: readonly string[] | undefined): string => types?.join(' or ') ?? 'anything';
const describe = (schema: Schema): string =>
  schema.const === undefined ? named(typesOf(schema)) : JSON.stringify(schema.const);
