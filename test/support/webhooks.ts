import { createRequire } from 'node:module';
import type { ActivityRow, JsonObject, JsonValue } from '../../src/local/producer/activity-row.ts';

const require = createRequire(import.meta.url);

type Example = { readonly name: string; readonly examples: readonly JsonObject[] };

/**
 * Every payload that GitHub's webhook documentation shows (329 of them) as a row of the audit log, in the package's order. The
 * sender is the actor, the event and its action the action, the repository the target, the payload the metadata.
 * https://github.com/octokit/webhooks
 */
export function webhookRows(): readonly ActivityRow[] {
  const examples = require('@octokit/webhooks-examples') as readonly Example[];
  return examples.flatMap(({ name, examples: payloads }) => payloads.map((payload) => rowOf(name, payload)));
}

function rowOf(event: string, payload: JsonObject): ActivityRow {
  const { action, sender, repository, organization } = payload;
  return {
    actor_type: textAt(sender, 'type')?.toLowerCase() ?? null,
    actor_id: textAt(sender, 'id'),
    action: `${event}.${typeof action === 'string' ? action : 'received'}`,
    target_type: repository === undefined ? null : 'repository',
    target_id: textAt(repository, 'id'),
    outcome: null,
    request_id: null,
    source: 'github',
    tenant: textAt(organization, 'login'),
    before: null,
    after: null,
    metadata: payload,
  };
}

function textAt(value: JsonValue | undefined, name: string): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const found = (value as JsonObject)[name];
  return typeof found === 'string' || typeof found === 'number' ? String(found) : null;
}
