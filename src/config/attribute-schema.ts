import { z } from 'zod';
import { changes, op, otherwise, values } from './changes-schema.ts';
import { pseudonymKind } from './pseudonym-schema.ts';
import { attributeNameProblem, jsonPathProblem, timeZoneProblem } from './rules.ts';
import { choice, columnText, rule, text } from './schema-parts.ts';
import { type TemplateSection, template } from './template.ts';

export const attributeText =
  'the name of a column, or an object with `column`, `constant`, `template`, `changes` or `op`';

/** What says how a column is read, and means nothing beside another source. */
const COLUMN_KEYS = [
  'column',
  'path',
  'as',
  'timeZone',
  'values',
  'otherwise',
  'lookup',
  'pseudonym',
  'label',
] as const;
const SOURCES = ['constant', 'template', 'changes', 'op'] as const;

/** One message for it, where the union of `z.json` has one for each of its members. */
const constant = z.custom<z.core.util.JSONType>((value) => z.json().safeParse(value).success, {
  error: 'a JSON value',
});

const given = z.strictObject(
  {
    constant: constant.optional(),
    template: template.optional(),
    changes: changes.optional(),
    op: op.optional(),
    column: text(columnText).optional(),
    path: text('a path of keys and positions, such as "items.0.name"')
      .superRefine(rule(jsonPathProblem))
      .optional(),
    as: choice(['number', 'string', 'hour', 'day']).optional(),
    timeZone: text('the name of a time zone').superRefine(rule(timeZoneProblem)).optional(),
    lookup: text('the name of a lookup').optional(),
    pseudonym: pseudonymKind.optional(),
    label: text('the name of an attribute').superRefine(rule(attributeNameProblem)).optional(),
    values: values.optional(),
    otherwise: otherwise.optional(),
  },
  { error: attributeText },
);

type Given = z.output<typeof given>;

/** Of the standard mapping: where one of its columns is not there, the attribute is not there either. */
type Optional = { readonly isOptional?: true };

export type ConstantAttribute = { readonly constant: Exclude<Given['constant'], undefined> } & Optional;
export type TemplateAttribute = { readonly template: readonly TemplateSection[] } & Optional;
export type ChangesAttribute = { readonly changes: z.output<typeof changes> } & Optional;
export type OpAttribute = { readonly op: z.output<typeof op> } & Optional;
/** In the place of a column, or a part of one, whose text nobody may see. No `column` beside it, so that nothing shows that by mistake. */
export type PseudonymAttribute = { readonly pseudonym: PseudonymSource } & Optional;
export type ColumnAttribute = { readonly column: string } & Optional &
  Pick<Given, 'path' | 'as' | 'timeZone' | 'values' | 'otherwise' | 'lookup'>;

export type PseudonymSource = Pick<ColumnAttribute, 'column' | 'path'> & {
  /** A constant, or the text of a column. */
  readonly kind: string | { readonly column: string };
  /** The attribute for its three words. */
  readonly label: string | undefined;
};

export type AttributeConfig =
  | ConstantAttribute
  | TemplateAttribute
  | ChangesAttribute
  | OpAttribute
  | PseudonymAttribute
  | ColumnAttribute;

/**
 * An attribute as an object: a column, a part of a json column, the name for either in a reference table, the pseudonym of either, what
 * is made of several columns, or the same value in every record.
 */
export const attribute = given
  .superRefine((value, context) => {
    const refuse = (key: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], message });
    const [source, ...others] = SOURCES.filter((key) => value[key] !== undefined);
    if (source !== undefined) {
      for (const key of [...others, ...COLUMN_KEYS])
        if (value[key] !== undefined)
          refuse(key, `no \`${key}\` beside \`${source}\`: leave out one of them`);
      return;
    }
    if (value.column === undefined)
      refuse('column', `${columnText}, or a \`constant\` or \`template\` in its place`);
    if (value.path !== undefined && value.timeZone !== undefined)
      refuse('timeZone', 'no `timeZone` beside `path`: what is inside of JSON is no timestamp');
    if (value.path !== undefined && (value.as === 'hour' || value.as === 'day'))
      refuse('as', '"number" or "string" beside `path`: what is inside of JSON is no timestamp');
    if (value.values !== undefined && value.as !== undefined)
      refuse('values', 'no `values` beside `as`: they are found by the text of the value');
    if (value.otherwise !== undefined && value.values === undefined)
      refuse('otherwise', 'no `otherwise` without `values`');
    if (value.lookup !== undefined) {
      for (const key of ['as', 'timeZone', 'values', 'pseudonym'] as const)
        if (value[key] !== undefined)
          refuse(key, `no \`${key}\` beside \`lookup\`: a name is a text that is shown`);
    }
    if (value.pseudonym === undefined) {
      if (value.label !== undefined) refuse('label', 'no `label` without `pseudonym`');
      return;
    }
    for (const key of ['as', 'timeZone', 'values', 'otherwise'] as const)
      if (value[key] !== undefined)
        refuse(key, `no \`${key}\` beside \`pseudonym\`, which is made of the text`);
  })
  .transform(
    ({ constant, template, changes, op, pseudonym, label, column = '', ...how }): AttributeConfig => {
      if (constant !== undefined) return { constant };
      if (template !== undefined) return { template };
      if (changes !== undefined) return { changes };
      if (op !== undefined) return { op };
      if (pseudonym === undefined) return { column, ...how };
      return { pseudonym: { column, path: how.path, kind: pseudonym, label } };
    },
  );
