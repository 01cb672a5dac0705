import { concatWith, ignoreElements, interval, map, NEVER, of, retry, take, tap, throwError } from 'rxjs';
import { expect, test } from 'vitest';
import { published } from '../../../src/algolia/publication.ts';
import { SessionLostError } from '../../../src/errors.ts';
import { nameOf, play, refusal, unavailable, writtenOf } from './publication-case.ts';

test('a write goes on when its task is published, asked about at once and then at growing pauses', () => {
  play(({ through, expectObservable, flush, asked }) => {
    expectObservable(through('a 399ms |', (_task, atMs) => atMs >= 190)).toBe('197ms a 202ms |');
    flush();
    expect(asked.map(({ atMs }) => atMs)).toEqual([0, 20, 40, 60, 80, 100, 125, 157, 197]);
  });
});

test('writes are released in order, each behind all before it; a position alone goes with the write that it waits for', () => {
  play(({ through, expectObservable }) => {
    const publishedAt: Record<number, number> = { 1: 60, 2: 0, 3: 100 };
    const answer = (task: number, atMs: number) => atMs >= (publishedAt[task] ?? 0);
    expectObservable(through('abpcp 200ms |', answer)).toBe('60ms (ab) 39ms c 101ms |', {
      a: 'a',
      b: 'b+',
      c: 'c+',
    });
  });
});

test('a write without tasks passes at once when nothing waits', () => {
  play(({ through, expectObservable }) => {
    expectObservable(through('p-p-|', () => false)).toBe('p-p-|');
  });
});

test('the source flows on while tasks are awaited', () => {
  play(({ through, expectSubscriptions, cold, expectObservable }) => {
    const source = cold('ab-c-|');
    const operator = published({ confirmAfter: 'published', isPublished: () => NEVER });
    expectObservable(source.pipe(map(writtenOf(() => 0)), operator)).toBe('-');
    expectSubscriptions(source.subscriptions).toBe('^----!');
    expectObservable(through('p|', () => false)).toBe('p|');
  });
});

test('all tasks of a write are asked about, and all have to be published', () => {
  play(({ through, expectObservable, flush, asked }) => {
    expectObservable(through('j|', (task, atMs) => task === 1 || atMs >= 30)).toBe('40ms (j|)');
    flush();
    expect(asked.map(({ taskID }) => taskID)).toEqual([1, 2, 2, 2]);
  });
});

test.each([0.1, 1, 3, 20])('at %f writes per publishing time, a write costs about one question', (load) => {
  play(({ operator, asked, nowMs, expectObservable, flush }) => {
    const publishedMs = 300;
    const everyMs = publishedMs / load;
    const acceptedAtMs = new Map<number, number>();
    const accept = tap((name: number) => acceptedAtMs.set(name, nowMs()));
    const source = interval(everyMs).pipe(take(200), accept, map(String), map(writtenOf(nowMs)));
    // Between 90 and 110 % of it, differently for each task.
    const takesMs = (task: number) => publishedMs * (0.9 + ((task * 37) % 20) / 100);
    const answer = (task: number, atMs: number) => atMs >= (acceptedAtMs.get(task) ?? 0) + takesMs(task);
    const order: string[] = [];
    const run = source.pipe(
      operator(answer),
      tap((written) => order.push(nameOf(written))),
    );
    expectObservable(run.pipe(ignoreElements(), concatWith(NEVER))).toBe('-');
    flush();
    expect(order).toEqual(Array.from({ length: 200 }, (_, at) => String(at)));
    expect(asked.length / 200).toBeLessThan(1.75);
  });
});

test('a question that fails is asked again, without end', () => {
  play(({ through, expectObservable, flush, asked }) => {
    let failures = 30;
    const answer = () => (failures-- > 0 ? throwError(() => unavailable) : of(true));
    const seen: string[] = [];
    expectObservable(
      through('a|', answer).pipe(
        map((name) => seen.push(name)),
        ignoreElements(),
      ),
    ).toBe('340550ms |');
    flush();
    expect(seen).toEqual(['a']);
    expect(asked).toHaveLength(31);
  });
});

test('it never gives up on a task', () => {
  play(({ through, expectObservable, flush, nowMs }) => {
    const dayMs = 86_400_000;
    const seenMs: number[] = [];
    const seen = through('a|', (_task, atMs) => atMs > dayMs).pipe(tap(() => seenMs.push(nowMs())));
    expectObservable(seen.pipe(ignoreElements(), concatWith(NEVER)), `${dayMs + 9_000}ms !`).toBe('-');
    flush();
    expect(seenMs).toHaveLength(1);
  });
});

test('a task that Algolia no longer knows ends the session', () => {
  play(({ through, expectObservable }) => {
    const lost = new SessionLostError('Algolia no longer knows a task of index a that it had accepted', {
      cause: refusal(404),
    });
    expectObservable(through('-a--', () => throwError(() => refusal(404)))).toBe('-#', undefined, lost);
  });
});

test('a right that is missing for asking is waited for, slowly', () => {
  play(({ through, expectObservable, flush, asked }) => {
    const answer = (_task: number, atMs: number) => atMs > 10_000 || throwError(() => refusal(403));
    expectObservable(through('a 11251ms |', answer)).toBe('11250ms a 1ms |');
    flush();
    expect(asked.map(({ atMs }) => atMs)).toEqual([0, 3_750, 11_250]);
  });
});

test('an error of the source passes at once and drops what waits; unsubscribing ends the questions', () => {
  play(({ through, expectObservable, flush, asked }) => {
    expectObservable(through('a--#', () => false)).toBe('---#');
    expectObservable(
      through('a--', () => false),
      '50ms !',
    ).toBe('-');
    flush();
    expect(asked.filter(({ atMs }) => atMs > 50)).toEqual([]);
  });
});

test('it tells when the oldest unpublished write was accepted', () => {
  play(({ through, expectObservable, flush, nowMs }) => {
    const told: [number, number | undefined][] = [];
    const onOldest = (acceptedAtMs: number | undefined) => told.push([nowMs(), acceptedAtMs]);
    const answer = (task: number, atMs: number) => atMs >= task * 30;
    expectObservable(through('-ab 100ms |', answer, { onOldest })).toBe('41ms a 20ms b 40ms |');
    flush();
    expect(told).toEqual([
      [1, 1],
      [41, 2],
      [62, undefined],
    ]);
  });
});

test('a stall ends with the subscription, and nothing waits then', () => {
  play(({ through, expectObservable, flush }) => {
    const told: (number | undefined)[] = [];
    const options = { onOldest: (acceptedAtMs: number | undefined) => told.push(acceptedAtMs) };
    expectObservable(
      through('a--', () => false, options),
      '50ms !',
    ).toBe('-');
    flush();
    expect(told).toEqual([0, undefined]);
  });
});

test("'accepted' asks nothing", () => {
  play(({ through, expectObservable, flush, asked }) => {
    expectObservable(through('ab-p|', () => false, { confirmAfter: 'accepted' })).toBe('ab-p|');
    flush();
    expect(asked).toEqual([]);
  });
});

test('each subscription begins anew', () => {
  play(({ through, expectObservable }) => {
    let failed = false;
    const answer = () => {
      if (failed) return true;
      failed = true;
      return throwError(() => refusal(404));
    };
    expectObservable(through('a|', answer).pipe(retry(1))).toBe('a|');
  });
});
