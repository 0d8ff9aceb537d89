import { apiKeyScopes, type ApiKeyScope, type ApiKeyView, type CreatedApiKey } from '@backend2/contracts';
import { useCallback, useState, type SubmitEvent } from 'react';
import { useServices } from '../state/services.ts';
import { wordsOf } from '../state/words.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Field } from '../ui/field.tsx';
import { formText } from '../ui/form-text.ts';
import { formatAgo } from '../ui/format.ts';
import { Notice } from '../ui/notice.tsx';
import { say } from '../ui/toasts.tsx';
import { useAnswer } from '../ui/use-answer.ts';
import { useNow } from '../ui/use-now.ts';
import '../ui/inline-form.css';
import '../ui/plain-rows.css';
import './keys.css';

const scopeNames: Record<ApiKeyScope, string> = {
  read: 'Read',
  write: 'Change',
  admin: 'Administer',
};

/** The user's API keys: what there is, one more, one less. */
export const KeysPage = ({ isAdmin }: { isAdmin: boolean }) => {
  const { api } = useServices();
  const { answer, failure, ask: load } = useAnswer(useCallback(() => api.apiKeys.list(), [api]));
  const keys = answer?.items ?? null;
  const [made, setMade] = useState<CreatedApiKey | null>(null);
  const [ending, setEnding] = useState<ApiKeyView | null>(null);
  const now = useNow(60_000);

  const end = async ({ id }: ApiKeyView): Promise<void> => {
    try {
      await api.apiKeys.delete(id);
      if (made?.id === id) setMade(null);
      say('The key is worth nothing any more.');
    } catch (error) {
      say(wordsOf(error), 'bad');
    }
    await load();
  };

  return (
    <>
      <div className="page-head">
        <h1>API keys</h1>
      </div>
      {failure !== null && <Notice tone="bad">{failure}</Notice>}
      {made !== null && <NewKey made={made} />}
      <KeyForm
        isAdmin={isAdmin}
        onMade={(key) => {
          setMade(key);
          void load();
        }}
      />
      {keys?.length === 0 && <p className="quiet">You have no API keys.</p>}
      {keys !== null && keys.length > 0 && (
        <ul className="plain-rows keys">
          {keys.map((key) => (
            <li key={key.id}>
              <strong>{key.name}</strong>
              <code>{key.prefix}…</code>
              <span className="quiet">{key.scopes.map((scope) => scopeNames[scope]).join(', ')}</span>
              <span className="quiet">
                {key.lastUsedAt === null ? 'never used' : `used ${formatAgo(key.lastUsedAt, now)}`}
                {key.expiresAt !== null && `, ends ${key.expiresAt.slice(0, 10)}`}
              </span>
              <Button look="quiet" onClick={() => setEnding(key)} aria-label={`End ${key.name}`}>
                End
              </Button>
            </li>
          ))}
        </ul>
      )}
      {ending !== null && (
        <Confirm
          title={`End "${ending.name}"?`}
          text="Whatever uses it is refused within a second."
          action="End it"
          onConfirm={() => void end(ending)}
          onClose={() => setEnding(null)}
        />
      )}
    </>
  );
};

const NewKey = ({ made }: { made: CreatedApiKey }) => (
  <div className="new-key" role="status">
    <p>
      <strong>{made.name}</strong>: keep it now, it is not shown again.
    </p>
    <code>{made.key}</code>
    <Button
      onClick={() =>
        void navigator.clipboard.writeText(made.key).then(
          () => say('Copied.'),
          () => say('It cannot be copied here: select it instead.', 'bad'),
        )
      }
    >
      Copy
    </Button>
  </div>
);

const KeyForm = ({ isAdmin, onMade }: { isAdmin: boolean; onMade: (key: CreatedApiKey) => void }) => {
  const { api } = useServices();
  const [refusal, setRefusal] = useState<string | null>(null);
  const submit = async (event: SubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const element = event.currentTarget;
    const form = new FormData(element);
    const expires = formText(form, 'expires');
    try {
      onMade(
        await api.apiKeys.create({
          name: formText(form, 'name'),
          scopes: apiKeyScopes.filter((scope) => form.getAll('scope').includes(scope)),
          ...(expires === '' ? {} : { expiresAt: `${expires}T23:59:59Z` }),
        }),
      );
      setRefusal(null);
      element.reset();
    } catch (error) {
      setRefusal(wordsOf(error));
    }
  };
  return (
    <form className="inline-form key-form" onSubmit={(event) => void submit(event)}>
      {refusal !== null && <Notice tone="bad">{refusal}</Notice>}
      <Field label="Name">
        {(bound) => <input {...bound} className="input" name="name" required maxLength={200} />}
      </Field>
      <fieldset>
        <legend>It may</legend>
        {apiKeyScopes
          .filter((scope) => scope !== 'admin' || isAdmin)
          .map((scope) => (
            <label key={scope}>
              <input type="checkbox" name="scope" value={scope} defaultChecked={scope !== 'admin'} />
              {scopeNames[scope]}
            </label>
          ))}
      </fieldset>
      <Field label="Last day">
        {(bound) => <input {...bound} className="input" name="expires" type="date" />}
      </Field>
      <Button type="submit" look="primary">
        Make a key
      </Button>
    </form>
  );
};
