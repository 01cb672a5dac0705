import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Control } from '../database/control.ts';
import { type Preflight, preflight } from '../database/preflight.ts';
import { checkServer, WALSENDER_NAME } from '../database/server.ts';
import { checkSlot, readSlot, type Slot } from '../database/slot.ts';
import { type GapError, PreconditionError, SessionLostError, SlotInUseError } from '../errors.ts';
import type { Lsn } from '../lsn.ts';
import { identifySystem, readFork } from './identity.ts';
import { type SlotLook, type SlotMemory, wasReplaced } from './slot-memory.ts';
import {
  failoverGap,
  type OwnPosition,
  otherSystemGap,
  replacedGap,
  type WantedStart,
  wantedGap,
} from './start-position.ts';

export type ClaimOptions = {
  readonly slot: string;
  readonly publications: readonly string[];
  readonly plugin: 'pgoutput' | 'wal2json';
  /** Qualified names of the configured tables. */
  readonly tables: readonly string[];
  /** Of tables that may be published beside them. */
  readonly references?: readonly string[];
  /** Where this process stood when its last session ended. */
  readonly own: OwnPosition | undefined;
  /** What this process has seen of the slot; kept up to date. */
  readonly memory?: SlotMemory;
  /** Where the operator wants this process to begin; default: where the slot stands. */
  readonly start?: WantedStart | undefined;
  /** Whether to go on where a failover or a restore has left a gap; default: stop. */
  readonly onGap?: 'stop' | 'continue';
};

/** Before this version the server's counts are up to half a second old. */
const IMMEDIATE_COUNTS = 150_000;
const COUNTS_AGE_MS = 1_000;

/**
 * Whether this server's slot may be read from where it stands, given what earlier sessions of this process knew: looked at on the
 * control connection, then on the replication connection, and once more when it is ours.
 */
export class Claim {
  readonly #control: Control;
  readonly #options: ClaimOptions;
  readonly #memory: SlotMemory;
  readonly #own: OwnPosition | undefined;
  /** Gaps that the operator lets pass. */
  readonly passed: GapError[] = [];

  constructor(control: Control, options: ClaimOptions) {
    this.#control = control;
    this.#options = options;
    this.#memory = options.memory ?? { last: undefined };
    const isSameSystem = options.own?.systemId === control.server.systemId;
    this.#own = isSameSystem ? options.own : undefined;
  }

  /** Throws a Wal2AlgoliaError unless the slot is free, and the one that it was. */
  async look(): Promise<Preflight & { readonly fingerprint: string; readonly seen: SlotLook }> {
    const { server } = this.#control;
    const { own } = this.#options;
    const isLater = own !== undefined || this.#memory.last !== undefined;
    checkServer(server, WALSENDER_NAME, isLater ? 'later' : 'start');
    const fingerprint = await this.#control.rememberWatched();
    const found = await this.#preflight(fingerprint);
    const slot = await this.#counted(found.slot, this.#memory.last);
    const seen = this.#recognize(slot);
    this.#noteStart(slot);
    this.#memory.last ??= seen;
    return { ...found, slot, fingerprint, seen };
  }

  async #preflight(fingerprint: string): Promise<Preflight> {
    const { client, server, walEnd } = this.#control;
    const { own } = this.#options;
    const moved =
      own === undefined || this.#own !== undefined ? undefined : otherSystemGap(own, { ...server, walEnd });
    const changed =
      this.#own === undefined || this.#own.publications === fingerprint
        ? undefined
        : this.#control.gapSince(this.#own.confirmedLsn);
    const seenLsn = this.#memory.last?.confirmedLsn ?? own?.confirmedLsn;
    const wanted = { ...this.#options, bound: this.#own?.bindings };
    const found = await preflight(client, server, wanted, { seenLsn, walEnd }).catch((error: unknown) => {
      throw error instanceof PreconditionError ? (moved ?? changed ?? error) : error;
    });
    if (found.slot.activePid !== undefined) {
      this.#memory.last = this.#look(found.slot, false);
      throw new SlotInUseError(`slot "${found.slot.name}" is held by walsender ${found.slot.activePid}`);
    }
    if (changed !== undefined) throw changed;
    this.#passOrThrow(moved);
    if (moved !== undefined) this.#memory.last = undefined;
    return found;
  }

  /** As the server counts now, when it matters what it counts: where the slot stands further than it was seen. */
  async #counted(slot: Slot, seen: SlotLook | undefined): Promise<Slot> {
    const { client, server } = this.#control;
    const isFurther = slot.confirmedLsn > (seen?.confirmedLsn ?? slot.confirmedLsn);
    if (!isFurther || server.version >= IMMEDIATE_COUNTS) return slot;
    await delay(COUNTS_AGE_MS);
    return (await readSlot(client, slot.name)) ?? slot;
  }

  #recognize(slot: Slot): SlotLook {
    const before = this.#memory.last;
    const seen = this.#look(slot, before?.ours ?? false);
    if (before === undefined || !wasReplaced(before, seen)) return seen;
    const gap = replacedGap(before, seen);
    // After a failover it is the operator's choice; where nothing else has changed somebody took the slot away.
    if (before.server === seen.server) throw gap;
    this.#passOrThrow(gap);
    return seen;
  }

  /** Where a session begins on the slot as it stands. */
  startOf({ confirmedLsn }: Slot): Lsn {
    const { start } = this.#options;
    return start !== undefined && start.lsn > confirmedLsn ? start.lsn : confirmedLsn;
  }

  /** Once a session has begun, the slot passes the wanted position sooner or later. */
  #noteStart(slot: Slot): void {
    const { start, own } = this.#options;
    if (start === undefined || (own !== undefined && slot.confirmedLsn >= start.lsn)) return;
    const gap = wantedGap(slot, start, this.#control.walEnd);
    if (gap !== undefined) this.passed.push(gap);
  }

  /**
   * On the replication connection, as the last thing before the slot is asked for: from then on it is decoded for us, and its counts tell
   * no more what others have done. Resolves with the identity of the server.
   */
  async identify(
    client: Client,
    seen: SlotLook,
  ): Promise<{ readonly systemId: string; readonly timeline: number }> {
    const { server } = this.#control;
    const identity = await identifySystem(client);
    if (identity.systemId !== server.systemId || identity.timeline !== server.timeline) {
      throw new SessionLostError('the control and the replication connection lead to different servers');
    }
    const own = this.#own;
    const forkLsn = own === undefined ? undefined : await readFork(client, identity.timeline, own.timeline);
    const slot = await this.#counted(await this.readAgain(), seen);
    if (slot.confirmedLsn > seen.confirmedLsn) {
      const isReplaced = wasReplaced({ ...seen, ours: true }, this.#look(slot, true));
      throw isReplaced
        ? replacedGap(seen, slot)
        : new SessionLostError('the slot has moved while it was being opened');
    }
    this.#passOrThrow(failoverGap({ identity, slot, own, forkLsn }));
    return identity;
  }

  /** Throws when the slot is not what it has to be any more. */
  async readAgain(): Promise<Slot> {
    const { client, server, walEnd } = this.#control;
    const { slot: name, plugin } = this.#options;
    const slot = await readSlot(client, name);
    const seenLsn = this.#memory.last?.confirmedLsn;
    checkSlot(slot, { name, plugin, database: server.database }, { seenLsn, walEnd });
    return slot;
  }

  /** Once our walsender has it nobody can replace the slot: it must be where it was in the moment before. */
  async confirmHeld(seen: SlotLook): Promise<void> {
    const slot = await this.readAgain();
    if (slot.confirmedLsn > seen.confirmedLsn) throw replacedGap(seen, slot);
    this.#memory.last = { ...seen, ours: true };
  }

  /** Another was faster. */
  heldByAnother(): void {
    const { last } = this.#memory;
    if (last !== undefined) this.#memory.last = { ...last, ours: false };
  }

  /** To be called when the session ends. */
  left(seen: SlotLook, confirmedLsn: Lsn, receivedCommit: boolean): void {
    const decodedBytes = receivedCommit ? Math.max(seen.decodedBytes, 1) : seen.decodedBytes;
    this.#memory.last = { ...seen, confirmedLsn, decodedBytes, ours: true };
  }

  #look({ confirmedLsn, decodedBytes, countedSince }: Slot, ours: boolean): SlotLook {
    const { systemId, timeline } = this.#control.server;
    return { confirmedLsn, decodedBytes, countedSince, server: `${systemId} ${timeline}`, ours };
  }

  #passOrThrow(gap: GapError | undefined): void {
    if (gap === undefined) return;
    if (this.#options.onGap !== 'continue') throw gap;
    this.passed.push(gap);
  }
}
