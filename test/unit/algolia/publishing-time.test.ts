import { expect, test } from 'vitest';
import { PublishingTime } from '../../../src/algolia/publishing-time.ts';

/** Plays a task that is published after `publishedMs`; returns the number of questions and when it was seen. */
function play(time: PublishingTime, publishedMs: number, roundTripMs = 1) {
  let elapsedMs = time.firstQuestionMs;
  for (let questions = 1; ; questions++) {
    elapsedMs += roundTripMs;
    if (elapsedMs >= publishedMs) {
      time.learn(elapsedMs, questions);
      return { questions, elapsedMs };
    }
    elapsedMs += time.pauseMs(elapsedMs);
  }
}

test.each([50, 400, 2_000])(
  'writes published after about %i ms cost about one question each',
  (publishedMs) => {
    const time = new PublishingTime();
    play(time, publishedMs);
    const plays = Array.from({ length: 200 }, (_, at) =>
      play(time, publishedMs * (0.9 + ((at * 37) % 20) / 100)),
    );
    const questions = plays.reduce((sum, each) => sum + each.questions, 0) / plays.length;
    expect(questions).toBeLessThan(1.6);
    expect(Math.max(...plays.map(({ elapsedMs }) => elapsedMs))).toBeLessThan(publishedMs * 1.8 + 50);
  },
);

test('pauses grow with the wait, up to five seconds', () => {
  const time = new PublishingTime();
  expect([0, 100, 1_000, 10_000, 10_000_000].map((ms) => time.pauseMs(ms))).toEqual([
    20, 25, 250, 2_500, 5_000,
  ]);
});

test('after a stall the first question is late by no more than five seconds, and soon in time again', () => {
  const time = new PublishingTime();
  play(time, 600_000);
  expect(time.firstQuestionMs).toBe(5_000);
  for (let writes = 0; writes < 30; writes++) play(time, 100);
  expect(time.firstQuestionMs).toBeLessThan(400);
});

test('an answer to a question that was itself asked late teaches nothing', () => {
  const time = new PublishingTime();
  play(time, 1_000);
  const before = time.firstQuestionMs;
  time.learn(before * 3, 1);
  expect(time.firstQuestionMs).toBe(before);
});
