/** As a text may stand in a file or an answer: as it is, as JSON, CSV and URLs write it, in base64 at any of three beginnings, in hexadecimal. */
export function textForms(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text);
  const json = JSON.stringify(text).slice(1, -1);
  const ascii = [...json]
    .map((each) => (each > '~' ? `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}` : each))
    .join('');
  const base64 = [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]);
    // The first and the last digits are made with neighbours that may be anything.
    return (['base64', 'base64url'] as const).map((encoding) => whole.toString(encoding).slice(4, -4));
  });
  const hex = bytes.toString('hex');
  const inCsv = [text, json].map((each) => each.replaceAll('"', '""'));
  const forms = [text, json, JSON.stringify(json).slice(1, -1), ascii, ...inCsv, encodeURIComponent(text)];
  return [...new Set([...forms, ...base64, hex, hex.toUpperCase()])].map((form) => Buffer.from(form));
}

/** Which of these texts stand in one of these places, as "<text> in <place>". */
export function foundTexts(
  texts: Readonly<Record<string, string>>,
  places: ReadonlyMap<string, Buffer>,
): readonly string[] {
  return Object.entries(texts).flatMap(([name, text]) => {
    const forms = textForms(text);
    return [...places].flatMap(([place, bytes]) =>
      forms.some((form) => bytes.includes(form)) ? [`${name} in ${place}`] : [],
    );
  });
}
