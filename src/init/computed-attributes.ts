import type { AttributeNames } from './attribute-names.ts';
import { isFlag } from './column-kinds.ts';
import { hiddenKeys, pseudonymKeys } from './hidden-keys.ts';
import type { Role, Roles } from './roles.ts';
import type { ShapedAttribute } from './shaped-attribute.ts';

/** What is made of more than one column, with a word on each. */
export type ComputedAttributes = readonly (ShapedAttribute & { readonly why: string })[];

type Known = {
  readonly roles: Roles;
  readonly parts: ReadonlyMap<Role, readonly ShapedAttribute[]>;
  readonly names: AttributeNames;
  /** What the target is, where every row has the same kind of one. */
  readonly targetNoun: string | undefined;
};

/** Those of the standard audit mapping for which the columns are there. */
export function computedAttributes(known: Known): ComputedAttributes {
  return [...changes(known), ...target(known), ...summary(known)];
}

function changes({ roles, names }: Known): ComputedAttributes {
  const before = roles.get('before')?.name;
  const after = roles.get('after')?.name;
  if (before === undefined || after === undefined) return [];
  const name = names.take('changes', '_truncated');
  const fields = names.take('changed_fields');
  return [
    {
      name,
      config: { changes: { before, after, fields, hide: hiddenKeys(), pseudonyms: pseudonymKeys() } },
      why: `what differs between ${before} and ${after}; what \`hide\` names is shown as changed, without its values, and who \`pseudonyms\` name by pseudonyms`,
    },
    ...(roles.has('op')
      ? []
      : [{ name: names.take('op'), config: { op: { before, after } }, why: 'by which of the two is there' }]),
  ];
}

function target({ parts, names, targetNoun }: Known): ComputedAttributes {
  const id = nameOf('targetId', parts);
  const type = nameOf('targetType', parts);
  if (id === undefined || (type === undefined && targetNoun === undefined)) return [];
  const key = {
    name: names.take('target_key'),
    config: { template: `${type === undefined ? targetNoun : `{${type}}`}:{${id}}` },
    why: 'kind and id, to find all that was done to one thing',
  };
  if (targetNoun === undefined) return [key];
  return [
    {
      name: names.take('target_type'),
      config: { constant: targetNoun },
      why: 'the same in every row, after the name of its column',
    },
    key,
  ];
}

/** "user u-17: report.renamed on report r-3, succeeded". */
function summary({ roles, parts, names, targetNoun }: Known): ComputedAttributes {
  const part = (role: Role): string | undefined => {
    const name = nameOf(role, parts);
    return name === undefined ? undefined : `{${name}}`;
  };
  const action = part('action');
  if (action === undefined) return [];
  const kind = part('targetType') ?? targetNoun;
  const id = part('targetId');
  const outcome = roles.get('outcome');
  const texts = [
    section(part('actorType'), (text) => `${text} `),
    section(part('actorId'), (text) => `${text}: `),
    action,
    section(kind && id && `${kind} ${id}`, (text) => ` on ${text}`),
    section(outcome !== undefined && isFlag(outcome) ? undefined : part('outcome'), (text) => `, ${text}`),
  ];
  return [
    { name: names.take('summary'), config: { template: texts.join('') }, why: 'the row in a sentence' },
  ];
}

/** Left out where there is nothing to put into it, and in a record where that is null. */
function section(text: string | undefined, around: (text: string) => string): string {
  return text === undefined ? '' : `[${around(text)}]`;
}

function nameOf(role: Role, parts: Known['parts']): string | undefined {
  return parts.get(role)?.[0]?.name;
}
