import { readFile } from 'node:fs/promises';

/** The functions that docs/evidence.md gives to whoever recomputes: what stands there is what is tested. */
export async function evidenceSql(): Promise<string> {
  const text = await readFile(new URL('../../../docs/evidence.md', import.meta.url), 'utf8');
  const found = /^```sql\n(?<sql>CREATE FUNCTION[^`]*)^```$/m.exec(text)?.groups?.['sql'];
  if (found === undefined) throw new Error('docs/evidence.md has no functions in SQL');
  return found;
}
