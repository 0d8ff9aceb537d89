type Key = string | number;

/** Walks JSON text far enough to say where each value begins. The text must be valid JSON. */
class Walker {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Offset of the value at `path`, or of the nearest one above it. */
  find(path: readonly Key[]): number {
    this.#blank();
    const start = this.#at;
    const [key, ...rest] = path;
    if (key === undefined) return start;
    const opening = this.#text[this.#at];
    if (opening !== '{' && opening !== '[') return start;
    for (const entry of this.#entries(opening)) {
      if (String(entry) === String(key)) return this.find(rest);
      this.#skip();
    }
    return start;
  }

  /** Stops at each value's start; the reader must move past the value before it goes on. */
  *#entries(opening: '{' | '['): Generator<Key> {
    this.#at += 1;
    for (let index = 0; ; index += 1) {
      this.#blank();
      const next = this.#text[this.#at];
      if (next === undefined || next === '}' || next === ']') break;
      if (next === ',') {
        this.#at += 1;
        this.#blank();
      }
      if (opening === '[') {
        yield index;
        continue;
      }
      const key = JSON.parse(this.#string()) as string;
      this.#blank();
      this.#at += 1; // the colon
      this.#blank();
      yield key;
    }
    this.#at += 1;
  }

  #skip(): void {
    this.#blank();
    const next = this.#text[this.#at];
    if (next === '"') this.#string();
    else if (next === '{' || next === '[') for (const _ of this.#entries(next)) this.#skip();
    else while (/[^\s,\]}]/.test(this.#text[this.#at] ?? ',')) this.#at += 1;
  }

  #string(): string {
    const start = this.#at;
    this.#at += 1;
    while (this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    this.#at += 1;
    return this.#text.slice(start, this.#at);
  }

  #blank(): void {
    while (/\s/.test(this.#text[this.#at] ?? '.')) this.#at += 1;
  }
}

const keysOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** Line, from 1, on which the value a JSON Pointer names begins; its nearest parent's if it is not there. */
export const lineOfPointer = (text: string, pointer: string): number =>
  lineAt(text, new Walker(text).find(keysOf(pointer)));

/** Line, from 1, that a `JSON.parse` error speaks of; undefined where it names none. */
export const lineOfSyntaxError = (text: string, error: SyntaxError): number | undefined => {
  const position = /position (\d+)/.exec(error.message)?.[1];
  if (position !== undefined) return lineAt(text, Number(position));
  return /end of JSON input/.test(error.message) ? lineAt(text, text.length) : undefined;
};
