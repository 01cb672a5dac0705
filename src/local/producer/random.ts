export type Random = {
  /** In [0, 1). */
  fraction(): number;
  /** In [from, to]. */
  integer(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly [T, ...T[]]): T;
  /** Undefined only when there is nothing to choose from. */
  pickFrom<T>(choices: readonly T[]): T | undefined;
  /** That many hexadecimal digits. */
  digits(count: number): string;
};

/** The same numbers for the same seed, on every machine (mulberry32). Not for secrets. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (from: number, to: number): number => from + Math.floor(fraction() * (to - from + 1));
  return {
    fraction,
    integer,
    chance: (probability) => fraction() < probability,
    pick: (choices) => choices[integer(0, choices.length - 1)] ?? choices[0],
    pickFrom: (choices) => choices[integer(0, choices.length - 1)],
    digits: (count) => Array.from({ length: count }, () => integer(0, 15).toString(16)).join(''),
  };
}
