/**
 * Loaded before the program (`node --import`), and told what to do by the process that started it: to end at the n-th passing of a point
 * that was planted in the program, as kill -9 would end it there; or to let the wall clock jump. The monotonic clock goes on, as it
 * does on a machine whose time is set.
 */
const armed = { point: undefined, passings: 0 };
let clockShiftMs = 0;

globalThis.passed = (point) => {
  if (point !== armed.point) return;
  armed.passings -= 1;
  if (armed.passings === 0) process.kill(process.pid, 'SIGKILL');
};

const RealDate = Date;
const realNow = Date.now;
RealDate.now = () => realNow() + clockShiftMs;
globalThis.Date = new Proxy(RealDate, {
  construct: (date, args) => Reflect.construct(date, args.length === 0 ? [date.now()] : args),
  apply: (date) => new date(date.now()).toString(),
});

process.on('message', (told) => {
  if (told.kind === 'fail') Object.assign(armed, told);
  if (told.kind === 'clock') clockShiftMs = told.shiftMs;
});
// Listening must not keep alive a program that is done.
process.channel?.unref();
