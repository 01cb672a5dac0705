import type { ActivityRow, JsonObject } from './activity-row.ts';
import { DEEDS, type Deed, type Scene } from './deeds.ts';
import { createRandom, type Random } from './random.ts';
import { USER_AGENTS } from './vocabulary.ts';
import { createTenants } from './workspace.ts';

const DENIED = 0.03;
const FAILED = 0.02;
const TOTAL_WEIGHT = DEEDS.reduce((sum, { weight }) => sum + weight, 0);

/**
 * What people do in the workspaces of a few companies, one row after the other without end, the same for the same seed. The
 * images agree over time: the `before` of a change is what the last change of that target left.
 */
export function* createActivity(seed: number): Generator<ActivityRow, never, undefined> {
  const random = createRandom(seed);
  const tenants = createTenants(random);
  for (;;) {
    const tenant = random.pick(tenants);
    const user = random.pickFrom(tenant.users);
    if (user === undefined) continue;
    const scene: Scene = { tenant, user, random };
    const request = `req_${random.digits(20)}`;
    const outcome = drawOutcome(random);
    for (const deed of drawDeed(random).plan(scene)) {
      if (outcome === 'succeeded') deed.apply?.();
      yield rowOf(deed, scene, outcome, request);
    }
  }
}

function drawOutcome(random: Random): string {
  const drawn = random.fraction();
  if (drawn < DENIED) return 'denied';
  return drawn < DENIED + FAILED ? 'failed' : 'succeeded';
}

function drawDeed(random: Random): (typeof DEEDS)[number] {
  let drawn = random.fraction() * TOTAL_WEIGHT;
  const found = DEEDS.find(({ weight }) => {
    drawn -= weight;
    return drawn < 0;
  });
  return found ?? { weight: 0, plan: () => [] };
}

function rowOf(deed: Deed, { tenant, user, random }: Scene, outcome: string, request: string): ActivityRow {
  const succeeded = outcome === 'succeeded';
  const viaApi = deed.byService === undefined && random.chance(0.15);
  const client: JsonObject =
    deed.byService === undefined
      ? { ip: user.ip, user_agent: viaApi ? 'reports-sdk/4.2.0' : (USER_AGENTS[user.userAgent] ?? '') }
      : { job: `job_${random.digits(8)}` };
  return {
    actor_type: deed.byService === undefined ? 'user' : 'service',
    actor_id: deed.byService ?? user.id,
    action: deed.action,
    target_type: deed.target.type,
    target_id: deed.target.id,
    outcome,
    request_id: request,
    source: deed.byService ?? (viaApi ? 'api' : 'web'),
    tenant: tenant.name,
    before: succeeded ? (deed.before ?? null) : null,
    after: succeeded ? (deed.after ?? null) : null,
    metadata: { ...client, ...deed.metadata, ...(succeeded ? {} : { reason: reasonOf(outcome, random) }) },
  };
}

function reasonOf(outcome: string, random: Random): string {
  return outcome === 'denied'
    ? random.pick(['missing_role', 'workspace_suspended', 'ip_not_allowed'])
    : random.pick(['timeout', 'upstream_unavailable', 'quota_exceeded']);
}
