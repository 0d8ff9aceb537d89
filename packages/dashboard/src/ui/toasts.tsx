import { createStore } from '../state/store.ts';
import { useStore } from '../state/use-store.ts';
import { Button } from './button.tsx';
import './toasts.css';

interface Toast {
  readonly key: number;
  readonly tone: 'good' | 'bad';
  readonly text: string;
}

const shownFor = { good: 4000, bad: 9000 };
const toasts = createStore<readonly Toast[]>([]);
let lastKey = 0;

const dismiss = (key: number): void => toasts.update((all) => all.filter((toast) => toast.key !== key));

/** Says something in passing; goes by itself after a few seconds. */
export const say = (text: string, tone: Toast['tone'] = 'good'): void => {
  const key = (lastKey += 1);
  toasts.update((all) => [...all.slice(-2), { key, tone, text }]);
  setTimeout(() => dismiss(key), shownFor[tone]);
};

export const Toasts = () => (
  <div className="toasts" role="status" aria-live="polite">
    {useStore(toasts).map((toast) => (
      <div key={toast.key} className={`toast ${toast.tone}`}>
        <span>{toast.text}</span>
        <Button look="quiet" icon="close" iconOnly onClick={() => dismiss(toast.key)}>
          Dismiss
        </Button>
      </div>
    ))}
  </div>
);
