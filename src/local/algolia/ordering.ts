import type { DerivedData } from './derived-data.ts';
import type { IndexSettings } from './settings.ts';

type Compare = (left: number, right: number) => number;

/** The first `count` of the slots by the settings' `asc` and `desc` criteria, ties and all else oldest first. */
export function firstInOrder(
  slots: number[],
  count: number,
  order: IndexSettings['order'],
  derived: DerivedData,
): number[] {
  if (order.length === 0) return slots.slice(0, count);
  const compare = comparison(order, derived);
  if (count * 4 >= slots.length) return slots.toSorted(compare).slice(0, count);
  return smallest(slots, count, compare);
}

function comparison(order: IndexSettings['order'], derived: DerivedData): Compare {
  const criteria = order.map(({ attribute, descending }): Compare => {
    const numbers = derived.number(attribute);
    const texts = derived.facet(attribute);
    return (left, right) => {
      const byNumber = compareValues(
        definedNumber(numbers.number(left)),
        definedNumber(numbers.number(right)),
        descending,
      );
      return byNumber !== 0 ? byNumber : compareValues(texts.text(left), texts.text(right), descending);
    };
  });
  return (left, right) => {
    for (const criterion of criteria) {
      const compared = criterion(left, right);
      if (compared !== 0) return compared;
    }
    return left - right;
  };
}

function definedNumber(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

/** Records without the attribute come last either way. */
function compareValues<T extends number | string>(
  left: T | undefined,
  right: T | undefined,
  descending: boolean,
): number {
  if (left === right) return 0;
  if (left === undefined) return 1;
  if (right === undefined) return -1;
  return left < right === descending ? 1 : -1;
}

/** A heap of the best `count` so far, the worst of them on top. */
function smallest(slots: readonly number[], count: number, compare: Compare): number[] {
  const heap: number[] = [];
  if (count === 0) return heap;
  for (const slot of slots) {
    if (heap.length < count) {
      heap.push(slot);
      siftUp(heap, compare);
    } else if (compare(slot, heap[0] ?? slot) < 0) {
      heap[0] = slot;
      siftDown(heap, compare);
    }
  }
  return heap.sort(compare);
}

function siftUp(heap: number[], compare: Compare): void {
  let child = heap.length - 1;
  while (child > 0) {
    const parent = (child - 1) >>> 1;
    if (!swapIfWorse(heap, child, parent, compare)) return;
    child = parent;
  }
}

function siftDown(heap: number[], compare: Compare): void {
  let parent = 0;
  for (;;) {
    const left = parent * 2 + 1;
    if (left >= heap.length) return;
    const right = left + 1;
    const worse = right < heap.length && compare(heap[right] ?? 0, heap[left] ?? 0) > 0 ? right : left;
    if (!swapIfWorse(heap, worse, parent, compare)) return;
    parent = worse;
  }
}

function swapIfWorse(heap: number[], child: number, parent: number, compare: Compare): boolean {
  const below = heap[child] ?? 0;
  const above = heap[parent] ?? 0;
  if (compare(below, above) <= 0) return false;
  heap[child] = above;
  heap[parent] = below;
  return true;
}
