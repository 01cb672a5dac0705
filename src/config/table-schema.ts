import { z } from 'zod';
import { type AttributeConfig, attribute, attributeText } from './attribute-schema.ts';
import { standardAuditMapping } from './audit-mapping.ts';
import { labelsFit, pseudonymsHold } from './plain-texts.ts';
import { retention } from './retention-schema.ts';
import { indexProblem, sqlProblem } from './rules.ts';
import { choice, columnText, distinct, list, object, rule, text } from './schema-parts.ts';
import { templateAttributes } from './template.ts';
import { transform } from './transform-schema.ts';

const attributesText = 'an object, or "audit" for the standard mapping of an audit log';

/** How one table becomes records. */
export const table = z
  .strictObject(
    {
      index: text('a name that is not empty')
        .superRefine(rule(indexProblem))
        .meta({ description: 'The index that takes its records.' }),
      objectID: z
        .array(text(columnText), list)
        .min(1, { error: 'at least one column' })
        .superRefine(distinct)
        .default(['id'])
        .meta({ description: 'Columns that identify a row; their text becomes the objectID.' }),
      objectIDPrefix: text('a text that is not empty')
        .optional()
        .meta({ description: 'Put before the objectID. Tables that share an index need different ones.' }),
      attributes: z
        .union(
          [
            z
              .record(z.string(), z.union([text(columnText), attribute], { error: attributeText }), object)
              .superRefine(templatesFit)
              .superRefine(labelsFit),
            z.literal('audit', { error: attributesText }).transform(() => standardAuditMapping()),
          ],
          { error: attributesText },
        )
        .optional()
        .meta({
          description:
            'Attribute names with their column, `{column, as, timeZone, values}`, a part of a json column as `{column, path: "items.0.name", as}`, `{column, path, pseudonym: "user", label}`, an id in the place of what stands there, `{column, path, lookup: "users"}`, the name that a lookup has for it, `{template: "{target_type}:{target_id}"}`, a text of other attributes, `{changes: {before, after, hide, pseudonyms}}`, what differs between two json columns, `{op: {before, after}}`, or `{constant}`, a JSON value; `"audit"` for the standard mapping of an audit log. See [mapping](docs/mapping.md). Left out: every published column.',
        }),
      operations: z
        .array(choice(['insert', 'update', 'delete', 'truncate']), list)
        .min(1, { error: 'at least one operation' })
        .superRefine(distinct)
        .optional()
        .meta({
          description:
            'Which of `insert`, `update`, `delete` and `truncate` are followed; `setup` publishes them, `run` passes over others. Left out: whatever the replica identity and the key of `run` let `setup` publish.',
        }),
      time: text(columnText).optional().meta({
        description:
          "Column of a row's own time, by which one of several keys of pseudonyms is chosen, and by which `retention` tells its age. Left out: that of `keys.timeAttribute`.",
      }),
      oversize: choice(['set-aside', 'cut']).optional().meta({
        default: 'set-aside',
        description:
          'What becomes of a row whose record would be larger than `algolia.recordBytesMax`: a dead letter, or a record whose largest free-form attributes are cut and named in its `_cut`.',
      }),
      filter: text('an SQL condition over the columns of the table')
        .superRefine(rule(sqlProblem))
        .optional()
        .meta({
          description:
            "SQL condition that rows have to fulfil, such as `tenant <> 'internal'`: `setup` gives it to the publication as a row filter (Postgres 15), so that other rows never leave the database. Left out: all rows, or what the row filter of a publication of your own lets through.",
        }),
      retention: retention.optional(),
      transform: transform.optional().meta({
        description:
          'A function `(record, change) => record`, or a Promise of one, that makes the record which is sent; null keeps the row out of the index. `{apply, isPure: true}` for one whose result depends on the record alone. In `.js` and `.ts` files only.',
      }),
      settings: z.record(z.string(), z.unknown(), object).optional().meta({
        description:
          'Settings of the index for `setup` to apply, over those that it derives from the attributes; `{}` for these alone, a null for what Algolia does by itself. Left out: left alone.',
      }),
    },
    object,
  )
  .superRefine(pseudonymsHold);

/** What a template is made of is made of a column, so that no order has to be found. */
function templatesFit(
  attributes: Readonly<Record<string, string | AttributeConfig>>,
  context: z.core.$RefinementCtx<unknown>,
): void {
  for (const [name, attribute] of Object.entries(attributes)) {
    if (typeof attribute === 'string' || !('template' in attribute)) continue;
    for (const wanted of templateAttributes(attribute.template)) {
      const other = Object.hasOwn(attributes, wanted) ? attributes[wanted] : undefined;
      const isShown =
        typeof other === 'string' || (other !== undefined && ('column' in other || 'pseudonym' in other));
      const isName = typeof other === 'object' && 'lookup' in other && other.lookup !== undefined;
      if (isShown && !isName) continue;
      const what =
        other === undefined ? 'which is not there' : isName ? 'which is looked up' : 'which has no column';
      const message = `attributes of this table that have a column, not "${wanted}", ${what}`;
      context.addIssue({ code: 'custom', path: [name, 'template'], message });
    }
  }
}
