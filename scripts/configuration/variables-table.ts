import { serviceVariables, type Variable } from './service-variables.ts';

export const languages = ['en', 'zh'] as const;
export type Language = (typeof languages)[number];

/** A row of the deployment guide's table of variables, its cells as Markdown. */
export interface Row {
  readonly names: string;
  readonly otherwise: string;
  readonly readBy: string;
  readonly meaning: string;
}

const words: Readonly<Record<Language, { all: string; none: string; development: string; or: string }>> = {
  en: { all: 'all', none: 'none', development: 'development only', or: 'or' },
  zh: { all: '全部', none: '无', development: '仅供开发', or: '或' },
};

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

const duration = (ms: number): string => {
  const [unit, size] = units.find(([, inMs]) => ms > 0 && ms % inMs === 0) ?? ['ms', 1];
  return ms === 0 ? '0' : `${ms / size}${unit}`;
};

const otherwiseOf = ({ default: value, format, sensitive }: Variable, language: Language): string => {
  const { none, development } = words[language];
  if (value === '' || (Array.isArray(value) && value.length === 0)) return none;
  if (sensitive) return development;
  return `\`${format === 'milliseconds' ? duration(value as number) : String(value)}\``;
};

/** Every variable of every service once, in the order of the schemas. `translate` gives the meaning in another language. */
export const rowsOf = (language: Language, translate: (name: string) => string | undefined): Row[] => {
  const { all, or } = words[language];
  const services = Object.keys(serviceVariables);
  const byName = new Map<string, { readonly variable: Variable; readonly service: string }[]>();
  for (const [service, variables] of Object.entries(serviceVariables))
    for (const variable of variables)
      byName.set(variable.name, [...(byName.get(variable.name) ?? []), { variable, service }]);
  return [...byName].map(([name, uses]) => {
    const aliases = [...new Set(uses.flatMap(({ variable }) => variable.aliases))];
    const defaults = Map.groupBy(uses, ({ variable }) => otherwiseOf(variable, language));
    const otherwise = [...defaults].map(([text, of], place) =>
      place === 0 ? text : `${of.map(({ service }) => service).join(', ')} ${text}`,
    );
    return {
      names: [name, ...aliases].map((one) => `\`${one}\``).join(` ${or} `),
      otherwise: otherwise.join('; '),
      readBy: uses.length === services.length ? all : uses.map(({ service }) => service).join(', '),
      meaning: (language === 'en' ? uses[0]?.variable.doc : translate(name)) ?? '',
    };
  });
};

/** The first name of a row. */
export const nameOf = ({ names }: Pick<Row, 'names'>): string => /^`(\w+)`/.exec(names)?.[1] ?? '';

const begin = '<!-- variables: npx pnpm variables -->';
const end = '<!-- end of variables -->';

/** @throws Error where the text has no place for the table. */
const split = (text: string): [string, string, string] => {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The guide has no ${begin} … ${end}.`);
  return [text.slice(0, from + begin.length), text.slice(from + begin.length, to), text.slice(to)];
};

export const readRows = (text: string): Row[] =>
  split(text)[1]
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [names = '', otherwise = '', readBy = '', meaning = ''] = line
        .slice(1, line.lastIndexOf('|'))
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('\\|', '|'));
      return { names, otherwise, readBy, meaning };
    });

const headings: Readonly<Record<Language, string>> = {
  en: '| variable | default | read by | what it is |',
  zh: '| 变量 | 默认值 | 读取者 | 说明 |',
};

export const withRows = (text: string, language: Language, rows: readonly Row[]): string => {
  const [before, , after] = split(text);
  const lines = rows.map(
    ({ names, otherwise, readBy, meaning }) =>
      `| ${names} | ${otherwise} | ${readBy} | ${meaning.replaceAll('|', '\\|')} |`,
  );
  return `${before}\n\n${[headings[language], '| --- | --- | --- | --- |', ...lines].join('\n')}\n\n${after}`;
};
