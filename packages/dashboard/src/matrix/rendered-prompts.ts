import type { Json } from '@backend2/contracts';

export interface RenderedPrompt {
  readonly value: string;
  readonly weight: string;
}

const placeholder = /\{\{\s*([A-Za-z_]\w*)\s*\}\}/g;

const text = (value: Json | undefined): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);

const fill = (template: Json | undefined, values: Readonly<Record<string, Json>>): string =>
  text(template).replaceAll(placeholder, (whole, name: string) =>
    name in values ? text(values[name]) : whole,
  );

const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The prompts of an image task as one subtask's values fill them, to be read and not to be run. */
export const renderedPrompts = (input: Json, values: Readonly<Record<string, Json>>): RenderedPrompt[] => {
  const prompts = isObject(input) ? input['prompts'] : undefined;
  if (!Array.isArray(prompts)) return [];
  return prompts.filter(isObject).map((prompt) => ({
    value: fill(prompt['value'], values),
    weight: prompt['weight'] === undefined ? '' : fill(prompt['weight'], values),
  }));
};
