import { useRef } from 'react';
import type { KeyboardEvent } from 'react';
import './code-editor.css';

interface CodeEditorProps {
  readonly id: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Lines, from 1, that something is wrong with. */
  readonly wrongLines: ReadonlySet<number>;
  readonly 'aria-describedby': string;
  readonly 'aria-invalid': boolean;
}

/** Text with line numbers. Tab leaves it, as everywhere on the page; Enter keeps the indent. */
export const CodeEditor = ({ value, onChange, wrongLines, ...field }: CodeEditorProps) => {
  const gutter = useRef<HTMLDivElement>(null);
  const lines = value.split('\n').length;
  const indent = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key !== 'Enter') return;
    const { selectionStart } = event.currentTarget;
    const line = value.slice(value.lastIndexOf('\n', selectionStart - 1) + 1, selectionStart);
    const deeper = /[[{]\s*$/.test(line) ? '  ' : '';
    event.preventDefault();
    // The one way that keeps the browser's undo.
    document.execCommand('insertText', false, `\n${/^\s*/.exec(line)?.[0] ?? ''}${deeper}`);
  };
  return (
    <div className="code-editor">
      <div className="code-gutter" aria-hidden="true" ref={gutter}>
        {Array.from({ length: lines }, (_, index) => (
          <span key={index} className={wrongLines.has(index + 1) ? 'wrong-line' : undefined}>
            {index + 1}
          </span>
        ))}
      </div>
      <textarea
        {...field}
        value={value}
        rows={Math.min(26, Math.max(8, lines + 1))}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        wrap="off"
        onKeyDown={indent}
        onChange={(event) => onChange(event.target.value)}
        onScroll={(event) => {
          if (gutter.current !== null) gutter.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
};
