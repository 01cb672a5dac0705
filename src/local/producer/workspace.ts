import type { Random } from './random.ts';
import { PEOPLE, QUALIFIERS, ROLES, SUBJECTS, TENANTS, WORKSPACES } from './vocabulary.ts';

const USERS_AT_FIRST = 24;
const REPORTS_AT_FIRST = 30;

export type User = { readonly id: string; name: string; readonly ip: string; readonly userAgent: number };
export type Report = {
  readonly id: string;
  name: string;
  tags: readonly string[];
  visibility: string;
  workspaceId: string;
};
export type Workspace = { readonly id: string; name: string; readonly roles: Map<string, string> };

/** What one customer has at this moment; the activity changes it as it is told. */
export type Tenant = {
  readonly name: string;
  readonly users: User[];
  readonly reports: Report[];
  readonly workspaces: Workspace[];
};

export function createTenants(random: Random): [Tenant, ...Tenant[]] {
  const [first, ...others] = TENANTS;
  return [createTenant(first, random), ...others.map((name) => createTenant(name, random))];
}

function createTenant(name: string, random: Random): Tenant {
  const users = Array.from({ length: USERS_AT_FIRST }, () => createUser(random));
  const workspaces = WORKSPACES.map(
    (title): Workspace => ({
      id: `wsp_${random.digits(10)}`,
      name: title,
      roles: new Map(users.filter(() => random.chance(0.5)).map(({ id }) => [id, random.pick(ROLES)])),
    }),
  );
  const tenant: Tenant = { name, users, reports: [], workspaces };
  for (let count = 0; count < REPORTS_AT_FIRST; count += 1) tenant.reports.push(createReport(tenant, random));
  return tenant;
}

export function createUser(random: Random): User {
  // Addresses that belong to nobody: https://www.rfc-editor.org/rfc/rfc5737
  const ip = `203.0.113.${random.integer(1, 254)}`;
  return { id: `usr_${random.digits(10)}`, name: random.pick(PEOPLE), ip, userAgent: random.integer(0, 3) };
}

export function createReport(tenant: Tenant, random: Random): Report {
  return {
    id: `rep_${random.digits(10)}`,
    name: createTitle(random),
    tags: [],
    visibility: 'private',
    workspaceId: random.pickFrom(tenant.workspaces)?.id ?? '',
  };
}

export function createTitle(random: Random): string {
  const subject = random.pick(SUBJECTS);
  return random.chance(0.7) ? `${subject} ${random.pick(QUALIFIERS)}` : subject;
}
