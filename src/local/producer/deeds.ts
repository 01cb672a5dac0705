import type { JsonObject } from './activity-row.ts';
import type { Random } from './random.ts';
import { ROLES, TAGS } from './vocabulary.ts';
import { createReport, createTitle, createUser, type Report, type Tenant, type User } from './workspace.ts';

const REPORTS_MAX = 300;
const USERS_MAX = 200;

export type Scene = { readonly tenant: Tenant; readonly user: User; readonly random: Random };

/** One thing that is about to be done. `apply` changes the tenant, and is left out when it is denied or fails. */
export type Deed = {
  readonly action: string;
  readonly target: { readonly type: string; readonly id: string };
  readonly before?: JsonObject | undefined;
  readonly after?: JsonObject | undefined;
  readonly metadata?: JsonObject;
  readonly byService?: string;
  readonly apply?: () => void;
};

/** What may happen, and how often in comparison. Each looks at the tenant as it is now; none, when it does not fit. */
export const DEEDS: readonly { readonly weight: number; readonly plan: (scene: Scene) => readonly Deed[] }[] =
  [
    { weight: 34, plan: withReport(viewReport) },
    {
      weight: 16,
      plan: ({ user }) => [{ action: 'user.signed_in', target: person(user), metadata: { method: 'sso' } }],
    },
    { weight: 5, plan: ({ user }) => [{ action: 'user.signed_out', target: person(user) }] },
    { weight: 8, plan: withReport(refreshReport) },
    { weight: 6, plan: withReport(exportReport) },
    { weight: 5, plan: withReport(renameReport) },
    { weight: 6, plan: withReport((report, { random }) => addTag(report, random.pick(TAGS))) },
    { weight: 3, plan: withReport(removeTag) },
    { weight: 3, plan: withReport(shareReport) },
    { weight: 4, plan: makeReport },
    { weight: 2, plan: withReport(deleteReport) },
    { weight: 1, plan: tagMany },
    { weight: 2, plan: inviteMember },
    { weight: 2, plan: changeRole },
    { weight: 1, plan: renameWorkspace },
    { weight: 1, plan: renameUser },
  ];

function person({ id }: User): Deed['target'] {
  return { type: 'user', id };
}

function withReport(
  plan: (report: Report, scene: Scene) => readonly Deed[],
): (scene: Scene) => readonly Deed[] {
  return (scene) => {
    const report = scene.random.pickFrom(scene.tenant.reports);
    return report === undefined ? [] : plan(report, scene);
  };
}

function of(report: Report): Deed['target'] {
  return { type: 'report', id: report.id };
}

function viewReport(report: Report, { random }: Scene): readonly Deed[] {
  return [
    { action: 'report.viewed', target: of(report), metadata: { duration_ms: random.integer(40, 9000) } },
  ];
}

function refreshReport(report: Report, { random }: Scene): readonly Deed[] {
  const metadata = { rows: random.integer(0, 2_000_000), duration_ms: random.integer(100, 120_000) };
  return [{ action: 'report.refreshed', target: of(report), metadata, byService: 'scheduler' }];
}

function exportReport(report: Report, { random }: Scene): readonly Deed[] {
  const metadata = { format: random.pick(['csv', 'xlsx', 'pdf']), rows: random.integer(1, 50_000) };
  return [{ action: 'report.exported', target: of(report), metadata }];
}

function renameReport(report: Report, { random }: Scene): readonly Deed[] {
  const name = createTitle(random);
  if (name === report.name) return [];
  const apply = (): void => {
    report.name = name;
  };
  return [
    { action: 'report.renamed', target: of(report), before: { name: report.name }, after: { name }, apply },
  ];
}

function shareReport(report: Report, { random }: Scene): readonly Deed[] {
  const visibility = random.pick(['private', 'workspace', 'company', 'public_link']);
  if (visibility === report.visibility) return [];
  const before = { visibility: report.visibility };
  const apply = (): void => {
    report.visibility = visibility;
  };
  return [{ action: 'report.shared', target: of(report), before, after: { visibility }, apply }];
}

function makeReport({ tenant, random }: Scene): readonly Deed[] {
  if (tenant.reports.length >= REPORTS_MAX) return [];
  const report = createReport(tenant, random);
  const apply = (): void => {
    tenant.reports.push(report);
  };
  return [{ action: 'report.created', target: of(report), after: imageOf(report), apply }];
}

function deleteReport(report: Report, { tenant }: Scene): readonly Deed[] {
  if (tenant.reports.length < 5) return [];
  const apply = (): void => {
    tenant.reports.splice(tenant.reports.indexOf(report), 1);
  };
  return [{ action: 'report.deleted', target: of(report), before: imageOf(report), apply }];
}

function imageOf({ name, tags, visibility, workspaceId }: Report): JsonObject {
  return { name, tags, visibility, workspace_id: workspaceId };
}

function addTag(report: Report, tag: string): readonly Deed[] {
  if (report.tags.includes(tag)) return [];
  const tags = [...report.tags, tag];
  const apply = (): void => {
    report.tags = tags;
  };
  return [
    {
      action: 'tag.added',
      target: of(report),
      before: { tags: report.tags },
      after: { tags },
      metadata: { tag },
      apply,
    },
  ];
}

function removeTag(report: Report, { random }: Scene): readonly Deed[] {
  const tag = random.pickFrom(report.tags);
  if (tag === undefined) return [];
  const tags = report.tags.filter((other) => other !== tag);
  const apply = (): void => {
    report.tags = tags;
  };
  return [
    {
      action: 'tag.removed',
      target: of(report),
      before: { tags: report.tags },
      after: { tags },
      metadata: { tag },
      apply,
    },
  ];
}

/** One request that touches several reports. */
function tagMany({ tenant, random }: Scene): readonly Deed[] {
  const tag = random.pick(TAGS);
  const from = random.integer(0, tenant.reports.length - 1);
  return tenant.reports.slice(from, from + random.integer(2, 12)).flatMap((report) => addTag(report, tag));
}

function inviteMember({ tenant, random }: Scene): readonly Deed[] {
  const workspace = random.pickFrom(tenant.workspaces);
  if (workspace === undefined || tenant.users.length >= USERS_MAX) return [];
  const guest = createUser(random);
  const role = random.pick(ROLES);
  const apply = (): void => {
    tenant.users.push(guest);
    workspace.roles.set(guest.id, role);
  };
  const after = { member_id: guest.id, role };
  return [
    { action: 'workspace.member_invited', target: { type: 'workspace', id: workspace.id }, after, apply },
  ];
}

function changeRole({ tenant, random }: Scene): readonly Deed[] {
  const workspace = random.pickFrom(tenant.workspaces);
  const [memberId, last] = random.pickFrom([...(workspace?.roles ?? [])]) ?? [];
  const role = random.pick(ROLES);
  if (workspace === undefined || memberId === undefined || last === undefined || last === role) return [];
  const apply = (): void => {
    workspace.roles.set(memberId, role);
  };
  const before = { member_id: memberId, role: last };
  const after = { member_id: memberId, role };
  return [
    {
      action: 'workspace.member_role_changed',
      target: { type: 'workspace', id: workspace.id },
      before,
      after,
      apply,
    },
  ];
}

function renameWorkspace({ tenant, random }: Scene): readonly Deed[] {
  const workspace = random.pickFrom(tenant.workspaces);
  if (workspace === undefined) return [];
  const name = `${workspace.name.replace(/ \d+$/, '')} ${random.integer(2, 99)}`;
  const before = { name: workspace.name };
  if (name === workspace.name) return [];
  const apply = (): void => {
    workspace.name = name;
  };
  return [
    {
      action: 'workspace.renamed',
      target: { type: 'workspace', id: workspace.id },
      before,
      after: { name },
      apply,
    },
  ];
}

function renameUser({ tenant, user, random }: Scene): readonly Deed[] {
  const name = random.pickFrom(tenant.users)?.name;
  if (name === undefined || name === user.name) return [];
  const before = { name: user.name };
  const apply = (): void => {
    user.name = name;
  };
  return [{ action: 'user.renamed', target: person(user), before, after: { name }, apply }];
}
