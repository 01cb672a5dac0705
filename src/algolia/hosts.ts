import type { Host } from '@algolia/client-common';
import { ConfigError } from '../errors.ts';

/** How long a host that failed is passed over, as in Algolia's own clients. */
const PASSED_OVER_MS = 120_000;

export type Access = 'read' | 'write';

/** Reads `algolia.hosts`. Throws a ConfigError that names the entry unless each is a plain `http(s)://name[:port]`. */
export function parseHosts(urls: readonly string[]): readonly Host[] {
  if (urls.length === 0)
    throw new ConfigError('algolia.hosts is empty', { remedy: 'Leave it out to reach Algolia itself.' });
  const hosts = urls.map((text, position) => parseHost(text, `algolia.hosts[${position}]`));
  return [...new Map(hosts.map((host) => [hostUrl(host), host])).values()];
}

function parseHost(text: string, key: string): Host {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const protocol = url?.protocol.slice(0, -1);
  if (url === undefined || (protocol !== 'http' && protocol !== 'https')) {
    throw new ConfigError(`${key} is not a URL that begins with http:// or https://`, { remedy: EXAMPLE });
  }
  if (
    url.username !== '' ||
    url.password !== '' ||
    url.pathname !== '/' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    throw new ConfigError(`${key} holds more than scheme, host and port`, { remedy: EXAMPLE });
  }
  const port = url.port === '' ? {} : { port: Number(url.port) };
  return { url: url.hostname, protocol, accept: 'readWrite', ...port };
}

const EXAMPLE = 'Write it as https://search.example.com or http://127.0.0.1:7700.';

/** The hosts of an application: two that follow the application around, then three of another DNS provider, in random order. */
export function defaultHosts(appId: string, random: () => number): readonly Host[] {
  const fallbacks = [1, 2, 3]
    .map((number) => ({ number, order: random() }))
    .sort((a, b) => a.order - b.order);
  return [
    { url: `${appId}-dsn.algolia.net`, protocol: 'https', accept: 'read' },
    { url: `${appId}.algolia.net`, protocol: 'https', accept: 'write' },
    ...fallbacks.map(
      ({ number }): Host => ({
        url: `${appId}-${number}.algolianet.com`,
        protocol: 'https',
        accept: 'readWrite',
      }),
    ),
  ];
}

export function hostUrl(host: Host): string {
  return `${host.protocol}://${host.url}${host.port === undefined ? '' : `:${host.port}`}`;
}

/**
 * Which host takes the next attempt: the first that has not failed lately, else the one whose failure is longest ago.
 * The official client cannot be left to it: it turns to the next host at once, so that a write that only timed out is delivered
 * twice, the second time late, and it stores what it learns about a host under a key that it never reads.
 */
export class HostRotation {
  readonly #hosts: readonly Host[];
  readonly #nowMs: () => number;
  readonly #failedAtMs = new Map<Host, number>();

  constructor(hosts: readonly Host[], nowMs: () => number) {
    this.#hosts = hosts;
    this.#nowMs = nowMs;
  }

  next(access: Access): Host {
    const able = this.#hosts.filter((host) => host.accept === 'readWrite' || host.accept === access);
    const failedAt = (host: Host): number => this.#failedAtMs.get(host) ?? Number.NEGATIVE_INFINITY;
    const rested = able.find((host) => this.#nowMs() - failedAt(host) >= PASSED_OVER_MS);
    const host = rested ?? able.toSorted((a, b) => failedAt(a) - failedAt(b))[0];
    if (host === undefined) throw new RangeError(`no host for ${access}`);
    return host;
  }

  answered(host: Host): void {
    this.#failedAtMs.delete(host);
  }

  failed(host: Host): void {
    this.#failedAtMs.set(host, this.#nowMs());
  }
}
