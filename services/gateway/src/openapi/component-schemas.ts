import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { schemaNames } from './schema-names.ts';

export type JsonSchema = Record<string, unknown>;

/** Turns zod schemas into JSON Schema, and collects those that have a name as components. */
export class ComponentSchemas {
  readonly all: Record<string, JsonSchema> = {};

  /** @param io whether it is what is sent in, before defaults and transforms, or what comes out. */
  of(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const {
      $defs,
      $schema: _version,
      ...made
    } = z.toJSONSchema(schema, {
      target: 'draft-2020-12',
      metadata: schemaNames,
      unrepresentable: 'any',
      io,
    }) as JsonSchema & { $defs?: Record<string, JsonSchema> };
    for (const [name, component] of Object.entries($defs ?? {})) this.#put(name, atComponents(component));
    const name = schemaNames.get(schema)?.id;
    if (name === undefined) return atComponents(made);
    return { $ref: `#/components/schemas/${name}` };
  }

  #put(name: string, component: JsonSchema): void {
    const other = this.all[name];
    if (other !== undefined && !isDeepStrictEqual(other, component)) {
      throw new Error(
        `${name} is not the same sent in as it comes out: name the two apart in schema-names.ts.`,
      );
    }
    this.all[name] = component;
  }
}

const atComponents = (schema: JsonSchema): JsonSchema => {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { id: _id, $id: _uri, ...rest } = JSON.parse(text) as JsonSchema;
  return rest;
};
