import { fileURLToPath } from 'node:url';
import { build } from './build.js';

// In this one process, so that a signal to npm reaches whatever is going on at that moment and leaves nothing behind.
const code = await build();
if (code !== 0) process.exit(code);
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
process.argv = [process.execPath, main, 'demo', ...process.argv.slice(2)];
await import(main);
