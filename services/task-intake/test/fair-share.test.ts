import test from 'ava';
import fc from 'fast-check';
import { FairShare, type Candidate } from '../src/domain/fair-share.ts';

const task = (taskId: string, ownerId: string, pending: number, priority = 0): Candidate => ({
  taskId,
  ownerId,
  pending,
  priority,
});

test("a small task beside another owner's huge one is served at once", (t) => {
  const share = new FairShare();
  share.plan([task('huge', 'a', 100_000)], 5000);
  const plan = share.plan([task('huge', 'a', 95_000), task('small', 'b', 4)], 64);
  t.is(plan.get('small'), 4);
  t.is(plan.get('huge'), 60);
});

test('an owner with many tasks gets no more than one with a single task', (t) => {
  const tasks = [...Array.from({ length: 9 }, (_, i) => task(`a${i}`, 'a', 1000)), task('b', 'b', 1000)];
  const plan = new FairShare().plan(tasks, 100);
  t.is(plan.get('b'), 50);
});

test('a higher priority gets a larger share between owners, and the lower one still its part', (t) => {
  const plan = new FairShare().plan([task('low', 'a', 1000, 0), task('high', 'b', 1000, 10)], 100);
  t.is(plan.get('high'), 80);
  t.is(plan.get('low'), 20);
});

test('within an owner a higher priority goes first for a bounded while', (t) => {
  const share = new FairShare();
  share.plan([task('old', 'a', 10_000)], 100);
  const now = () => [task('old', 'a', 10_000), task('urgent', 'a', 10_000, 2)];
  t.is(share.plan(now(), 64).get('old'), undefined);
  t.true((share.plan(now(), 200).get('old') ?? 0) >= 60);
});

test('who comes back is owed nothing for having been away', (t) => {
  const share = new FairShare();
  share.plan([task('a', 'a', 1000), task('b', 'b', 1000)], 10);
  share.plan([task('a', 'a', 1000)], 900);
  const plan = share.plan([task('a', 'a', 1000), task('b', 'b', 1000)], 10);
  t.is(plan.get('a'), 5);
});

test('whatever the candidates, the plan fills the capacity, never exceeds what is pending, and starves nobody', (t) => {
  const candidate = fc.record({
    owner: fc.constantFrom('a', 'b', 'c', 'd'),
    pending: fc.integer({ min: 1, max: 400 }),
    priority: fc.integer({ min: -10, max: 10 }),
  });
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(candidate, { minLength: 1, maxLength: 12 }), (drawn) => {
        const share = new FairShare();
        const left = new Map(drawn.map((_, i) => [`t${i}`, drawn[i]?.pending ?? 0]));
        const total = [...left.values()].reduce((sum, pending) => sum + pending, 0);
        for (let served = 0; served < total;) {
          const now = drawn.map((d, i) => task(`t${i}`, d.owner, left.get(`t${i}`) ?? 0, d.priority));
          const plan = share.plan(now, 50);
          const sum = [...plan.values()].reduce((a, b) => a + b, 0);
          if (sum !== Math.min(50, total - served)) return false;
          for (const [id, count] of plan) {
            const rest = (left.get(id) ?? 0) - count;
            if (rest < 0) return false;
            left.set(id, rest);
          }
          served += sum;
        }
        return [...left.values()].every((pending) => pending === 0);
      }),
    ),
  );
});
