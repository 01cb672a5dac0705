import type { ScenarioResult } from './result.ts';

/** One reader's drains of backlogs of different lengths, the shortest first. */
export type Series = {
  readonly reader: string;
  readonly points: readonly {
    readonly rows: number;
    readonly seconds: number;
    readonly peakMegabytes: number;
  }[];
};

type Panel = {
  readonly title: string;
  readonly left: number;
  readonly value: (point: Series['points'][number]) => number;
  readonly ticks: readonly number[];
  /** From 0, at the bottom, to 1. */
  readonly height: (value: number) => number;
};

const [WIDTH, HEIGHT, TOP, BOTTOM, PANEL_WIDTH] = [760, 330, 74, 280, 290];
const PALETTE = ['one', 'two', 'three', 'four'];
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600 } .grid { stroke: #d0d7de } .line { fill: none; stroke-width: 2 }
  .one { stroke: #0969da; fill: #0969da } .two { stroke: #bc4c00; fill: #bc4c00 }
  .three { stroke: #57606a; fill: #57606a } .four { stroke: #8250df; fill: #8250df }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .grid { stroke: #3d444d }
    .one { stroke: #58a6ff; fill: #58a6ff } .two { stroke: #f0883e; fill: #f0883e }
    .three { stroke: #9198a1; fill: #9198a1 } .four { stroke: #bc8cff; fill: #bc8cff }
  }
  .line { fill: none }`;

/** Of the scenarios `size-...`; readers that were not measured on all of them are left out. */
export function seriesOf(results: readonly ScenarioResult[]): readonly Series[] {
  const sizes = results
    .filter(({ scenario, readers }) => scenario.startsWith('size-') && readers.length > 0)
    .toSorted((one, other) => one.rows - other.rows);
  const names = sizes[0]?.readers.map(({ reader }) => reader) ?? [];
  return names.flatMap((reader) => {
    const points = sizes.flatMap(({ rows, readers }) => {
      const metrics = readers.find((each) => each.reader === reader)?.metrics;
      const [seconds, memory] = [metrics?.seconds?.median, metrics?.peakMemoryBytes?.median];
      return seconds === undefined || memory === undefined
        ? []
        : [{ rows, seconds, peakMegabytes: memory / 1e6 }];
    });
    return points.length === sizes.length && sizes.length > 1 ? [{ reader, points }] : [];
  });
}

/** Two panels, time and memory over the length of the backlog, as SVG that follows the reader's light or dark scheme. */
export function plot(series: readonly Series[]): string {
  const points = series.flatMap((each) => each.points);
  if (points.length === 0) throw new RangeError('nothing to plot');
  const seconds = points.map((point) => point.seconds);
  const decades = powersOfTen(Math.min(...seconds), Math.max(...seconds));
  const megabytes = evenTicks(Math.max(...points.map(({ peakMegabytes }) => peakMegabytes)));
  const panels: readonly Panel[] = [
    {
      title: 'seconds to drain',
      left: 60,
      value: (point) => point.seconds,
      ticks: decades,
      height: logarithmic(decades),
    },
    {
      title: 'peak memory (RSS) in MB',
      left: 440,
      value: (point) => point.peakMegabytes,
      ticks: megabytes,
      height: (value) => value / (megabytes.at(-1) ?? 1),
    },
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Time and memory over rows of backlog">
<style>${STYLE}</style>
${series.map(({ reader }, place) => legend(reader, place)).join('\n')}
${panels.map((panel) => drawn(panel, series)).join('\n')}
</svg>
`;
}

function drawn({ title, left, value, ticks, height }: Panel, series: readonly Series[]): string {
  const rows = series.flatMap(({ points }) => points.map((point) => point.rows));
  const rowTicks = powersOfTen(Math.min(...rows), Math.max(...rows));
  const along = logarithmic(rowTicks);
  const x = (of: number): string => (left + PANEL_WIDTH * along(of)).toFixed(1);
  const y = (of: number): string => (BOTTOM - (BOTTOM - TOP) * height(of)).toFixed(1);
  const lines = [
    `<text class="title" x="${left}" y="${TOP - 16}">${title}</text>`,
    ...ticks.map(
      (tick) =>
        `<path class="grid" d="M${left} ${y(tick)}H${left + PANEL_WIDTH}"/><text x="${left - 6}" y="${y(tick)}" dy="4" text-anchor="end">${short(tick)}</text>`,
    ),
    ...rowTicks.map(
      (tick) => `<text x="${x(tick)}" y="${BOTTOM + 20}" text-anchor="middle">${short(tick)}</text>`,
    ),
    `<text x="${left + PANEL_WIDTH / 2}" y="${BOTTOM + 40}" text-anchor="middle">rows</text>`,
    ...series.map(({ points }, place) => {
      const at = points.map((point) => `${x(point.rows)} ${y(value(point))}`);
      const dots = points.map(
        (point) => `<circle class="${colour(place)}" cx="${x(point.rows)}" cy="${y(value(point))}" r="3"/>`,
      );
      return `<path class="line ${colour(place)}" d="M${at.join('L')}"/>${dots.join('')}`;
    }),
  ];
  return lines.join('\n');
}

function legend(reader: string, place: number): string {
  const x = 60 + 180 * place;
  const name = reader.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<path class="line ${colour(place)}" d="M${x} 20h24"/><text x="${x + 32}" y="24">${name}</text>`;
}

function colour(place: number): string {
  return PALETTE[place % PALETTE.length] ?? '';
}

/** From the one at or below the smallest value to the one at or above the largest. */
function powersOfTen(smallest: number, largest: number): readonly number[] {
  const first = Math.floor(Math.log10(smallest));
  const last = Math.max(first + 1, Math.ceil(Math.log10(largest)));
  return Array.from({ length: last - first + 1 }, (_, step) => 10 ** (first + step));
}

function logarithmic(ticks: readonly number[]): (value: number) => number {
  const [first, last] = [Math.log10(ticks[0] ?? 1), Math.log10(ticks.at(-1) ?? 10)];
  return (value) => (Math.log10(value) - first) / (last - first);
}

/** Zero and four or five round numbers, of which the last is not below the largest value. */
function evenTicks(largest: number): readonly number[] {
  const rough = largest / 4;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((each) => each * magnitude >= rough) ?? 10) * magnitude;
  return Array.from({ length: Math.ceil(largest / step) + 1 }, (_, tick) => tick * step);
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1_000 ? `${value / 1_000}k` : String(Number(value.toPrecision(3)));
}
