import './no-eval.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { keptIn, saysSignedOut, tabLock } from './state/kept-tokens.ts';
import { createPageSession } from './state/session.ts';
import { wordsOf } from './state/words.ts';
import { say } from './ui/toasts.tsx';
import './ui/tokens.css';
import './ui/base.css';

const session = createPageSession({
  kept: keptIn(window.localStorage),
  fetch: (input, init) => window.fetch(input, init),
  lock: tabLock,
  onPicturesRefused: (error) => say(`Pictures may not show: ${wordsOf(error)}`, 'bad'),
});
window.addEventListener('storage', (event) => {
  if (saysSignedOut(event)) session.end();
});

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App session={session} />
  </StrictMode>,
);
