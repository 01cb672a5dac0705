import type { TemplatePart, TemplateSection } from '../config/template.ts';
import { type Attribute, compileAttribute, keyOf, wantedAttributes } from './attributes.ts';
import type { ComputedAttribute, ComputedOptions, Input } from './computed-attribute.ts';
import { jsonText, writeJsonText } from './json-text.ts';
import { compilePseudonym } from './pseudonym-attribute.ts';
import { textBytesMax } from './record-field.ts';
import type { RowImage } from './row-image.ts';
import { Constant, type Slab } from './slab.ts';
import { NULL_JSON } from './value-encoder.ts';

const QUOTE = 0x22;
const N = 0x6e;
const BRACES = new Set([0x5b, 0x7b]);

type Part = Constant | Attribute | ComputedAttribute;
type Section = { readonly isOptional: boolean; readonly parts: readonly Part[] };

/** A text in which the values of other attributes stand, as they stand in their own place. */
export function compileTemplate(
  options: ComputedOptions,
  name: string,
  template: readonly TemplateSection[],
): ComputedAttribute {
  const sections = template.map(({ isOptional, parts }) => ({
    isOptional,
    parts: parts.map((part) => compilePart(options, part)),
  }));
  return {
    name,
    key: keyOf(name),
    inputs: sections.flatMap(({ parts }) => parts.flatMap((part) => inputsOf(part, options))),
    areDocuments: false,
    write: (slab, image) => writeSections(slab, image, sections),
  };
}

function compilePart(options: ComputedOptions, part: TemplatePart): Part {
  if (typeof part === 'string') return new Constant(jsonText(part).slice(1, -1));
  const config = wantedAttributes(options).get(part.attribute);
  // Never what the pseudonym is made of.
  if (config !== undefined && 'pseudonym' in config)
    return compilePseudonym(options, part.attribute, config.pseudonym);
  if (config === undefined || !('column' in config))
    throw new TypeError(`a template of "${part.attribute}", which is no attribute of a column`);
  return compileAttribute(options, part.attribute, config, true);
}

function inputsOf(part: Part, { recordBytesMax }: ComputedOptions): readonly Input[] {
  if ('inputs' in part) return part.inputs;
  if (!('column' in part)) return [];
  return [{ column: part.column, textBytesMax: textBytesMax(part.value, recordBytesMax) }];
}

function writeSections(slab: Slab, image: RowImage, sections: readonly Section[]): void {
  const before = slab.length;
  slab.appendByte(QUOTE);
  for (const section of sections) {
    const start = slab.length;
    if (section.parts.every((part) => writePart(slab, image, part))) continue;
    if (!section.isOptional) {
      slab.takeBack(before);
      slab.append(NULL_JSON);
      return;
    }
    slab.takeBack(start);
  }
  slab.appendByte(QUOTE);
}

/** False for null. */
function writePart(slab: Slab, image: RowImage, part: Part): boolean {
  if (part instanceof Constant) {
    slab.append(part);
    return true;
  }
  const before = slab.length;
  if ('inputs' in part) {
    part.write(slab, image);
    return becomeText(slab, before);
  }
  const { bytes, spans } = image;
  const start = spans[2 * part.column] as number;
  if (start < 0) return false;
  part.value.write(slab, bytes, start, spans[2 * part.column + 1] as number);
  return becomeText(slab, before);
}

/** The JSON value that begins there becomes what stands between the quotes of a string; false for null, which has no text. */
function becomeText(slab: Slab, before: number): boolean {
  const start = slab.recordStart + before;
  const first = slab.bytes[start] as number;
  if (first === N) return false;
  if (BRACES.has(first)) {
    const json = Buffer.from(slab.bytes.subarray(start, slab.position));
    slab.takeBack(before);
    writeJsonText(slab, json, 0, json.length);
  } else if (first !== QUOTE) return true;
  const from = slab.recordStart + before;
  slab.bytes.copyWithin(from, from + 1, slab.position - 1);
  slab.position -= 2;
  return true;
}
