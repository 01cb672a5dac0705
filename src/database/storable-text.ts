/** How texts of any origin are written so that no encoding of a database refuses them. */
export type TextForm = {
  /** For what tells letters apart: different texts stay different, as far as they can come out of a database. */
  name(text: string): string;
  /** The text that `name` was given. */
  nameOf(stored: string): string;
  /** For what is read by people, or as JSON, to which the escapes mean the same. */
  text(text: string): string;
};

/** All of Unicode but NUL; half of a surrogate pair is no character. */
const IN_UTF8: TextForm = {
  name: (text) => text.replaceAll(/[\0\p{Surrogate}]/gu, '\uFFFD'),
  nameOf: (stored) => stored,
  text: (text) => text.replaceAll(/[\0\p{Surrogate}]/gu, '\uFFFD'),
};

/** Every encoding of a server contains ASCII. https://www.postgresql.org/docs/current/multibyte.html */
const IN_ASCII: TextForm = {
  name: (text) => escaped(text.replaceAll('\\', '\\\\')),
  nameOf: (stored) =>
    stored.replaceAll(/\\(?:\\|u([0-9a-f]{4}))/g, (_, unit: string | undefined) =>
      unit === undefined ? '\\' : String.fromCharCode(Number.parseInt(unit, 16)),
    ),
  text: escaped,
};

/** As JSON the same, in characters that every encoding has. */
export function escaped(text: string): string {
  return text.replaceAll(
    /[\0\u0080-\uFFFF]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function textForm(serverEncoding: string): TextForm {
  return serverEncoding === 'UTF8' ? IN_UTF8 : IN_ASCII;
}
