import test from 'ava';
import { Doubts } from '../src/dispatcher/doubts.ts';

const settled = async (): Promise<Doubts> => {
  const doubts = new Doubts();
  await doubts.settle(async () => undefined);
  return doubts;
};

test('it begins in doubt, and a look at the books ends it unless another doubt came meanwhile', async (t) => {
  const doubts = new Doubts();
  t.true(doubts.standing);
  await doubts.settle(async () => doubts.raise());
  t.true(doubts.standing);
  await doubts.settle(async () => undefined);
  t.false(doubts.standing);
});

test('publishing leaves no doubt when it succeeds and one when it fails', async (t) => {
  const doubts = await settled();
  await doubts.risk(async () => undefined);
  t.false(doubts.standing);
  await t.throwsAsync(doubts.risk(async () => Promise.reject(new Error('gone'))));
  t.true(doubts.standing);
});

test('a loss that was noticed before or while something is published is still looked into', async (t) => {
  const before = await settled();
  before.raise();
  await before.risk(async () => undefined);
  t.true(before.standing);
  const during = await settled();
  await during.risk(async () => during.raise());
  t.true(during.standing);
});
