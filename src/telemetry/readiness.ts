import type { Status } from './status.ts';

export type Readiness = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Ready while streaming and not further behind than the limit; otherwise with the reason, for whoever is woken by it. */
export function readiness({ state, slot, error }: Status): Readiness {
  const because = error === undefined ? '' : `: ${error.message}`;
  switch (state) {
    case 'streaming':
      return { ok: true };
    case 'catching-up':
      return { ok: false, reason: `catching up, ${Math.round(slot.lagSeconds ?? 0)} s behind${because}` };
    case 'standby':
      return { ok: false, reason: `standby: another process holds slot "${slot.name}"` };
    case 'starting':
    case 'waiting':
    case 'stopped':
      return { ok: false, reason: `${state}${because}` };
  }
}
