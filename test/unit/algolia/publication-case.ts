import { type MonoTypeOperatorFunction, map, type Observable, of } from 'rxjs';
import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import { expect } from 'vitest';
import { RefusedError, TransientError } from '../../../src/algolia/failures.ts';
import { type PublicationOptions, published } from '../../../src/algolia/publication.ts';
import type { Written } from '../../../src/algolia/written.ts';
import type { Lsn } from '../../../src/lsn.ts';

export const cause = new Error('cause');
export const unavailable = new TransientError('asking', { cause, status: undefined, outcomeUnknown: false });
export const refusal = (status: number) => new RefusedError('asking', { status, reason: 'reason', cause });

type Play = RunHelpers & {
  readonly nowMs: () => number;
  readonly asked: { taskID: number; atMs: number }[];
  /**
   * Sends writes through the operator. In the marbles a letter stands for a write: a to i have the task 1 to 9, j the tasks 1 and 2,
   * p has none. `answer` is asked with a task and the time.
   */
  through(marble: string, answer: Answer, options?: Partial<PublicationOptions>): Observable<string>;
  operator(answer: Answer, options?: Partial<PublicationOptions>): MonoTypeOperatorFunction<Written>;
};

type Answer = (taskID: number, atMs: number) => Observable<boolean> | boolean;

export function play(run: (play: Play) => void): void {
  const scheduler = new TestScheduler((actual, wanted) => expect(actual).toEqual(wanted));
  scheduler.run((helpers) => {
    const nowMs = () => scheduler.now();
    const asked: { taskID: number; atMs: number }[] = [];
    const operator: Play['operator'] = (answer, options = {}) =>
      published({
        confirmAfter: 'published',
        isPublished: (_index, taskID) => {
          asked.push({ taskID, atMs: nowMs() });
          const answered = answer(taskID, nowMs());
          return typeof answered === 'boolean' ? of(answered) : answered;
        },
        nowMs,
        random: () => 0.5,
        ...options,
      });
    const through: Play['through'] = (marble, answer, options) =>
      helpers.cold(marble).pipe(map(writtenOf(nowMs)), operator(answer, options), map(nameOf));
    run({ ...helpers, nowMs, asked, operator, through });
  });
}

const position = { kind: 'position', lsn: 1n as Lsn, committedAtMicros: undefined } as const;
const names = new WeakMap<Written['tasks'], string>();
/** With a plus when it carries a position that came behind it. */
export const nameOf = (written: Written): string =>
  `${names.get(written.tasks)}${written.tasks.length > 0 && written.position === position ? '+' : ''}`;

export const writtenOf =
  (nowMs: () => number) =>
  (name: string): Written => {
    const one = /^\d+$/.test(name) ? Number(name) : name.charCodeAt(0) - 96;
    const ids = name === 'p' ? [] : name === 'j' ? [1, 2] : [one];
    const tasks = ids.map((taskID) => ({ index: 'a', taskID }));
    const written = {
      position: name === 'p' ? position : undefined,
      tasks,
      records: 1,
      deleted: 0,
      bytes: 1,
      acceptedAtMs: nowMs(),
    };
    names.set(tasks, name);
    return written;
  };
