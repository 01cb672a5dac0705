/** What V8 writes with --cpu-prof. https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export type CpuProfile = {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** The node that was running, at each sample. */
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
};

export type FunctionTime = {
  readonly name: string;
  /** File and line, counted from 1; empty for what is not written in JavaScript. */
  readonly place: string;
  readonly selfMs: number;
  /** Of the time in which it did not idle. */
  readonly share: number;
};

const IDLE = '(idle)';

/** The functions in which most time was spent, those that they call not counted, most first. */
export function mostSelfTime(
  { nodes, samples, timeDeltas }: CpuProfile,
  count: number,
): readonly FunctionTime[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const selfMs = new Map<string, { name: string; place: string; ms: number }>();
  let busyMs = 0;
  for (const [at, id] of samples.entries()) {
    const frame = frames.get(id);
    if (frame === undefined || frame.functionName === IDLE) continue;
    const ms = (timeDeltas[at] ?? 0) / 1_000;
    busyMs += ms;
    const place = frame.url === '' ? '' : `${lastParts(frame.url)}:${frame.lineNumber + 1}`;
    const name = frame.functionName || '(anonymous)';
    const known = selfMs.get(`${name} ${frame.url} ${place}`) ?? { name, place, ms: 0 };
    selfMs.set(`${name} ${frame.url} ${place}`, { ...known, ms: known.ms + ms });
  }
  return [...selfMs.values()]
    .toSorted((one, other) => other.ms - one.ms)
    .slice(0, count)
    .map(({ name, place, ms }) => ({ name, place, selfMs: ms, share: ms / busyMs }));
}

export function profileTable(functions: readonly FunctionTime[]): string {
  const line = ({ name, place, selfMs, share }: FunctionTime): string =>
    `${(100 * share).toFixed(1).padStart(5)} % ${selfMs.toFixed(0).padStart(7)} ms  ${name}  ${place}`;
  return functions.map(line).join('\n');
}

/** Enough of an address to find the file. */
function lastParts(url: string): string {
  return url.split('/').slice(-3).join('/');
}
