import { randomBytes } from 'node:crypto';
import { type ApiKey, isExpired, type KeyGrant, RIGHTS } from './api-key.ts';
import { type Credentials, methodNotAllowed } from './credentials.ts';
import type { KeyFile } from './key-file.ts';
import { withKeyParameters } from './key-parameters.ts';
import { Refusal } from './refusal.ts';
import { isMadeFrom, readRestrictions, readSecuredKey } from './secured-key.ts';

/** What a request says about its sender; `source` is an IP address. */
export type Presented = {
  readonly appId: string | undefined;
  readonly value: string | undefined;
  readonly source: string;
};

type Change = { readonly value: string; readonly key: ApiKey | undefined; readonly dueAtMs: number };

export type ApiKeysOptions = {
  readonly appId: string;
  readonly adminKey: string;
  /** Known from the start; requests can neither change nor delete them. */
  readonly others: readonly ApiKey[];
  readonly file: KeyFile;
  /** From the answer to the effect of a change. */
  readonly delayMs: number;
};

/**
 * The keys of one application. A change is durable when it returns and takes effect after the delay, in order; at the next start
 * everything that was durable has.
 */
export class ApiKeys {
  readonly #appId: string;
  readonly #adminKey: string;
  readonly #delayMs: number;
  readonly #file: KeyFile;
  readonly #fixed: ReadonlyMap<string, ApiKey>;
  readonly #accepted: Map<string, ApiKey>;
  readonly #effective: Map<string, ApiKey>;
  #changes: Change[] = [];

  /** Throws a PreconditionError when the file is damaged. */
  constructor({ appId, adminKey, others, file, delayMs }: ApiKeysOptions) {
    this.#appId = appId;
    this.#adminKey = adminKey;
    this.#delayMs = delayMs;
    this.#file = file;
    const admin: ApiKey = { value: adminKey, acl: RIGHTS, description: 'Admin API key' };
    this.#fixed = new Map([admin, ...others].map((key) => [key.value, key]));
    this.#accepted = new Map(file.read().map((key) => [key.value, key]));
    this.#effective = new Map(this.#accepted);
  }

  /** Throws a Refusal: 403 for another application or an unknown key, 400 for a secured key that is over. */
  authenticate({ appId, value, source }: Presented, nowMs: number): Credentials {
    const plain = value === undefined ? undefined : this.#usable(value, nowMs);
    const key = plain ?? this.#parentOf(value, nowMs);
    if (appId !== this.#appId || value === undefined || key === undefined)
      throw new Refusal(403, 'Invalid Application-ID or API key');
    const own = readRestrictions(key.queryParameters ?? '', source, nowMs);
    const added = readRestrictions(
      plain === undefined ? (readSecuredKey(value)?.restrictions ?? '') : '',
      source,
      nowMs,
    );
    return {
      key,
      isAdmin: value === this.#adminKey,
      isSecured: plain === undefined,
      indices: [key.indexes ?? [], own.restrictIndices, added.restrictIndices],
      parameters: withKeyParameters(own.parameters, added.parameters),
    };
  }

  all(nowMs: number): ApiKey[] {
    this.#settle(nowMs);
    return [...this.#fixed.values(), ...this.#effective.values()].filter((key) => !isExpired(key, nowMs));
  }

  /** Throws a Refusal (404) when there is no such key, or not yet. */
  find(value: string, nowMs: number): ApiKey {
    const key = this.#usable(value, nowMs);
    if (key === undefined) throw keyMissing();
    return key;
  }

  add(grant: KeyGrant, nowMs: number): ApiKey {
    const key = { ...grant, value: randomBytes(16).toString('hex'), createdAtMs: nowMs };
    this.#accept(key.value, key, nowMs);
    return key;
  }

  /** The grant as a whole takes the place of the old one, and its validity counts from now. */
  replace(value: string, grant: KeyGrant, nowMs: number): void {
    this.#checkChangeable(value);
    this.#accept(value, { ...grant, value, createdAtMs: nowMs }, nowMs);
  }

  delete(value: string, nowMs: number): void {
    this.#checkChangeable(value);
    this.#accept(value, undefined, nowMs);
  }

  #checkChangeable(value: string): void {
    if (this.#fixed.has(value)) throw methodNotAllowed();
    if (!this.#accepted.has(value)) throw keyMissing();
  }

  #accept(value: string, key: ApiKey | undefined, nowMs: number): void {
    this.#settle(nowMs);
    const accepted = new Map(this.#accepted);
    put(accepted, value, key);
    this.#file.write(accepted.values());
    put(this.#accepted, value, key);
    this.#changes.push({ value, key, dueAtMs: nowMs + this.#delayMs });
  }

  #settle(nowMs: number): void {
    const waiting = this.#changes.findIndex(({ dueAtMs }) => dueAtMs > nowMs);
    const due = this.#changes.splice(0, waiting === -1 ? this.#changes.length : waiting);
    for (const { value, key } of due) put(this.#effective, value, key);
  }

  #usable(value: string, nowMs: number): ApiKey | undefined {
    this.#settle(nowMs);
    const key = this.#fixed.get(value) ?? this.#effective.get(value);
    return key === undefined || isExpired(key, nowMs) ? undefined : key;
  }

  /** Algolia takes no secured key that was made from the admin key or from another secured one. */
  #parentOf(value: string | undefined, nowMs: number): ApiKey | undefined {
    const secured = value === undefined ? undefined : readSecuredKey(value);
    if (secured === undefined) return undefined;
    return this.all(nowMs).find((key) => key.value !== this.#adminKey && isMadeFrom(key.value, secured));
  }
}

function put(keys: Map<string, ApiKey>, value: string, key: ApiKey | undefined): void {
  if (key === undefined) keys.delete(value);
  else keys.set(value, key);
}

function keyMissing(): Refusal {
  return new Refusal(404, 'Key does not exist');
}
