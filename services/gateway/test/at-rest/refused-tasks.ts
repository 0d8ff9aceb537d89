import { problemSchema } from '@backend2/contracts';
import test from 'ava';
import { shared } from './system.ts';

const base = {
  name: 'a sweep',
  kind: 'http.request',
  input: { url: 'http://localhost/{{n}}' },
  variables: [{ name: 'n', values: [1, 2, 3] }],
};

export const refusedTaskTests = (): void => {
  test.serial(
    'a task that cannot be is refused with a problem that names every path, and nothing of it is stored',
    async (t) => {
      const { system, user } = shared();
      const { client, token } = await user('mistaken');
      const refused = async (parts: object) => {
        const response = await fetch(`${system.url}/api/v1/tasks`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ ...base, ...parts }),
        });
        t.is(response.status, 422, JSON.stringify(parts));
        t.is(response.headers.get('content-type'), 'application/problem+json; charset=utf-8');
        const problem = problemSchema.parse(await response.json());
        t.is(problem.code, 'validation_failed');
        t.is(response.headers.get('x-request-id'), problem.requestId);
        return (problem.errors ?? []).map(({ path, message }) => `${path} ${message}`);
      };
      t.deepEqual(await refused({ input: { url: 'http://localhost/{{m}}', body: '{{k}}' } }), [
        '/input/url {{m}} names no variable; the variables are n',
        '/input/body {{k}} names no variable; the variables are n',
        '/variables/0 "n" is not used: put {{n}} into the input',
      ]);
      t.deepEqual(await refused({ batchSize: 5 }), [
        '/variables make 15 subtasks; 12 are allowed at the most',
      ]);
      t.deepEqual(await refused({ kind: 'image.unknown' }), [
        '/kind "image.unknown" is not a known kind of the lane standard; known are image.generate, http.request',
      ]);
      t.deepEqual(await refused({ lane: 'express' }), [
        '/lane Invalid option: expected one of "standard"|"lumina"',
      ]);
      const mixed = { variables: [{ name: 'n', values: ['http://localhost/', 2] }] };
      const wrong = await refused({ ...mixed, input: { url: '{{n}}', headers: { a: '{{n}}' } } });
      t.deepEqual(wrong, [
        '/variables/0/values/1 as /input/url: Invalid input: expected string, received number',
        '/variables/0/values/1 as /input/headers/a: Invalid input: expected string, received number',
      ]);
      const untyped = { variables: [], input: { url: 5, method: 'LOOK' } };
      t.deepEqual((await refused(untyped)).map((issue) => issue.replace(/ .*/, '')).toSorted(), [
        '/input/method',
        '/input/url',
      ]);
      t.deepEqual((await client.tasks.list()).items, []);
    },
  );
};
