import { expect, test } from 'vitest';
import { csvLine } from '../../../../src/cli/report/csv.ts';

test.each([
  [['a', 'b c', ''], 'a,b c,'],
  [['a,b', 'say "so"', 'x\ny', 'ü'], '"a,b","say ""so""","x\ny",ü'],
  [['=1+1', '+49', '@x', '-x', '\tx', '\r'], `'=1+1,'+49,'@x,'-x,'\tx,"'\r"`],
  [['-1', '-1.50', '1', '1-2'], '-1,-1.50,1,1-2'],
  [['\n=1', '\uFF1D1'], `"'\n=1",'\uFF1D1`],
  [['=HYPERLINK("x,y")'], `"'=HYPERLINK(""x,y"")"`],
])('%j is a line that no spreadsheet computes', (cells, line) => {
  expect(csvLine(cells)).toBe(`${line}\r\n`);
});
