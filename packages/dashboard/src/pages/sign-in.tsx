import { useState } from 'react';
import type { FormEvent } from 'react';
import { useServices } from '../state/services.ts';
import { wordsOf } from '../state/words.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { formText } from '../ui/form-text.ts';
import { Logo } from '../ui/logo.tsx';
import { Notice } from '../ui/notice.tsx';
import './sign-in.css';

export const SignInPage = () => {
  const { session } = useServices();
  const [refusal, setRefusal] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setRefusal(null);
    try {
      await session.signIn(formText(form, 'email'), formText(form, 'password'));
    } catch (error) {
      setRefusal(wordsOf(error));
      setBusy(false);
    }
  };

  return (
    <main className="sign-in">
      <form onSubmit={(event) => void submit(event)}>
        <div className="sign-in-brand">
          <Logo />
          <h1>Sign in to Backend2</h1>
        </div>
        {refusal !== null && <Notice tone="bad">{refusal}</Notice>}
        <Field label="Email">
          {(bound) => (
            <input
              {...bound}
              className="input"
              name="email"
              type="email"
              autoComplete="username"
              required
              autoFocus
            />
          )}
        </Field>
        <Field label="Password">
          {(bound) => (
            <input
              {...bound}
              className="input"
              name="password"
              type="password"
              autoComplete="current-password"
              required
            />
          )}
        </Field>
        <Button type="submit" look="primary" disabled={busy}>
          {busy ? 'Signing in…' : 'Sign in'}
        </Button>
        <p className="quiet small">
          The first administrator’s password was shown once, when Backend2 started for the first time.
        </p>
      </form>
    </main>
  );
};
