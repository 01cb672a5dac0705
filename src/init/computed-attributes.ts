import type { AttributeNames } from './attribute-names.ts';
import { hiddenKeys } from './hidden-keys.ts';
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
      config: { changes: { before, after, fields, hide: hiddenKeys() } },
      why: `what differs between ${before} and ${after}; what \`hide\` names is shown as changed, without its values`,
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

function summary({ parts, names, targetNoun }: Known): ComputedAttributes {
  const action = nameOf('action', parts);
  if (action === undefined) return [];
  const actor = nameOf('actorId', parts);
  const id = nameOf('targetId', parts);
  const type = nameOf('targetType', parts);
  const kind = type === undefined ? targetNoun : `{${type}}`;
  const what = [kind, id === undefined ? undefined : `{${id}}`]
    .filter((part) => part !== undefined)
    .join(' ');
  return [
    {
      name: names.take('summary'),
      config: {
        template: `${actor === undefined ? '' : `[{${actor}} ]`}{${action}}${what === '' ? '' : `[ ${what}]`}`,
      },
      why: 'the row in a sentence',
    },
  ];
}

function nameOf(role: Role, parts: Known['parts']): string | undefined {
  return parts.get(role)?.[0]?.name;
}
