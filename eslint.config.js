import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Biome does the rest: these three rules need the types of the whole program. */
export default defineConfig({
  files: ['src/**/*.ts', 'test/**/*.ts', '*.config.ts'],
  ignores: ['test/fixtures/**'],
  linterOptions: { reportUnusedDisableDirectives: 'error' },
  languageOptions: {
    parser: tseslint.parser,
    parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
  },
  plugins: { '@typescript-eslint': tseslint.plugin },
  rules: {
    '@typescript-eslint/no-floating-promises': 'error',
    '@typescript-eslint/no-misused-promises': 'error',
    '@typescript-eslint/switch-exhaustiveness-check': [
      'error',
      { considerDefaultExhaustiveForUnions: false },
    ],
  },
});
