import { z } from 'zod';

/** Text as it stands, or the name of an attribute in whose place its value comes. */
export type TemplatePart = string | { readonly attribute: string };

/** A part of a text. One that is optional is left out when an attribute in it is null; without one that is not, there is no text. */
export type TemplateSection = { readonly isOptional: boolean; readonly parts: readonly TemplatePart[] };

/** Doubled brackets are themselves; a name in braces is an attribute; what stands in square ones is optional. */
const TOKENS = /(\{\{|\}\}|\[\[|\]\])|\{([^{}[\]]+)\}|(\[)|(\])|([{}])/g;

/** Sections are not nested. Throws a SyntaxError that completes "expected ...". */
export function parseTemplate(template: string): readonly TemplateSection[] {
  const sections: { isOptional: boolean; parts: TemplatePart[] }[] = [{ isOptional: false, parts: [] }];
  const open = (isOptional: boolean): void => void sections.push({ isOptional, parts: [] });
  const add = (part: TemplatePart): void => {
    if (part !== '') sections.at(-1)?.parts.push(part);
  };
  let position = 0;
  for (const match of template.matchAll(TOKENS)) {
    const [all, doubled, attribute, opening, closing] = match;
    add(template.slice(position, match.index));
    position = match.index + all.length;
    const isInside = sections.at(-1)?.isOptional === true;
    if (doubled !== undefined) add(doubled.slice(1));
    else if (attribute !== undefined) add({ attribute });
    else if (opening !== undefined && !isInside) open(true);
    else if (closing !== undefined && isInside) open(false);
    else throw new SyntaxError(`every ${all} with its other half, or doubled for itself`);
  }
  add(template.slice(position));
  if (sections.at(-1)?.isOptional === true)
    throw new SyntaxError('every [ with its other half, or doubled for itself');
  const filled = sections.filter(({ parts }) => parts.length > 0);
  if (!filled.some(({ parts }) => parts.some((part) => typeof part !== 'string')))
    throw new SyntaxError('at least one attribute, as in "{actor_id} did it"');
  return filled;
}

const expected = 'a text with attributes in braces, such as "{target_type}:{target_id}"';

/** Comes out parsed. */
export const template = z.string({ error: expected }).transform((value, context) => {
  try {
    return parseTemplate(value);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return z.NEVER;
  }
});

/** The attributes in whose place something comes, in their order. */
export function templateAttributes(sections: readonly TemplateSection[]): readonly string[] {
  return sections.flatMap(({ parts }) =>
    parts.flatMap((part) => (typeof part === 'string' ? [] : part.attribute)),
  );
}
