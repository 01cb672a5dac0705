import { dayOf, daysSinceEpoch } from './calendar.ts';

const DAY_S = 86_400;
const CYCLE_S = 146_097 * DAY_S;
/** No zone changed before; Postgres and the ICU library both keep local mean time until then. */
const FIRST_YEAR = 1800;
/** From here on zones repeat with the calendar, every 400 years. */
const LAST_YEAR = 2399;

/** Local seconds from which on `offsetS` holds, ascending. */
type Change = { readonly fromLocalS: number; readonly offsetS: number };
type YearOfZone = { readonly initialOffsetS: number; readonly changes: readonly Change[] };

/**
 * Offsets of an IANA zone by local time. A local time that never was (the clock sprang over it) is read with the offset before the
 * change, one that was twice with the offset after it: as Postgres's `AT TIME ZONE` does.
 * https://www.postgresql.org/docs/current/datetime-invalid-input.html
 */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat;
  readonly #years = new Map<number, YearOfZone>();

  /** Throws a RangeError when there is no such zone. */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  }

  /** Seconds east of Greenwich at a local time, itself given in seconds since 1970 as if it were UTC. */
  offsetSAt(localS: number): number {
    let year = dayOf(Math.floor(localS / DAY_S)).year;
    if (year < FIRST_YEAR) return this.#year(FIRST_YEAR).initialOffsetS;
    let seconds = localS;
    if (year > LAST_YEAR) {
      const cycles = Math.ceil((year - LAST_YEAR) / 400);
      year -= 400 * cycles;
      seconds -= CYCLE_S * cycles;
    }
    const { initialOffsetS, changes } = this.#year(year);
    return changes.findLast(({ fromLocalS }) => fromLocalS <= seconds)?.offsetS ?? initialOffsetS;
  }

  /** At most 600 years, each looked at once: asking Intl for every value would cost more than all the rest of its record. */
  #year(year: number): YearOfZone {
    const known = this.#years.get(year);
    if (known !== undefined) return known;
    const found = this.#findChanges(year);
    this.#years.set(year, found);
    return found;
  }

  #findChanges(year: number): YearOfZone {
    const firstS = (daysSinceEpoch(year, 1, 1) - 2) * DAY_S;
    const endS = (daysSinceEpoch(year + 1, 1, 1) + 2) * DAY_S;
    const initialOffsetS = this.#utcOffsetS(firstS);
    const changes: Change[] = [];
    let before = initialOffsetS;
    for (let atS = firstS + DAY_S; atS <= endS; atS += DAY_S) {
      const after = this.#utcOffsetS(atS);
      if (after !== before)
        changes.push({ fromLocalS: this.#changeS(atS - DAY_S, atS) + after, offsetS: after });
      before = after;
    }
    return { initialOffsetS, changes };
  }

  /** The first second of the later offset between two instants whose offsets differ. */
  #changeS(earlierS: number, laterS: number): number {
    const later = this.#utcOffsetS(laterS);
    let low = earlierS;
    let high = laterS;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#utcOffsetS(middle) === later) high = middle;
      else low = middle;
    }
    return high;
  }

  #utcOffsetS(utcS: number): number {
    const match = /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?/.exec(this.#format.format(utcS * 1000));
    if (match === null) throw new Error('Intl printed no offset');
    const [, sign, hours = 0, minutes = 0, seconds = 0] = match;
    const magnitude = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    return sign === '-' ? -magnitude : magnitude;
  }
}
