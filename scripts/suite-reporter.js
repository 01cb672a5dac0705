import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

export const reportPath = join(root, 'test-results', 'vitest.json');

/**
 * Writes what vitest's own JSON report leaves out: of which project a file's tests are, on which Postgres they ran, and why tests
 * were skipped. `{projects: [{name, postgres?}], files: [{project, path, passed, failed, skipped, reasons, startedAt, endedAt}]}`
 */
export default class SuiteReporter {
  #vitest;
  #startedAt = new Map();
  #files = [];

  onInit(vitest) {
    this.#vitest = vitest;
  }

  onTestModuleStart(module) {
    this.#startedAt.set(module.id, Date.now());
  }

  onTestModuleEnd(module) {
    const endedAt = Date.now();
    const file = {
      project: module.project.name,
      path: relative(root, module.moduleId).replaceAll('\\', '/'),
      ...counts(module),
      startedAt: this.#startedAt.get(module.id) ?? endedAt,
      endedAt,
    };
    this.#files.push(file);
  }

  onTestRunEnd() {
    const projects = this.#vitest.projects.map((project) => ({
      name: project.name,
      postgres: project.getProvidedContext().postgresVersion,
    }));
    mkdirSync(dirname(reportPath), { recursive: true });
    writeFileSync(reportPath, JSON.stringify({ projects, files: this.#files }));
  }
}

/** As the test said itself, by `context.skip(reason)`, or a describe in whose name it stands: "the image (skipped: no Docker)". */
const reasonOf = (test) => test.result().note ?? /\(skipped: (.+?)\)(?: > |$)/.exec(test.fullName)?.[1];

/** A file that fails as a whole, or in a hook, is one failure more than its tests show. */
function counts(module) {
  const tests = [...module.children.allTests()];
  const inState = (state) => tests.filter((test) => test.result().state === state);
  const [passed, failed] = [inState('passed').length, inState('failed').length];
  const reasons = new Set(inState('skipped').map(reasonOf));
  const { unavailable } = module.project.getProvidedContext();
  return {
    passed,
    failed: failed === 0 && module.state() === 'failed' ? 1 : failed,
    skipped: tests.length - passed - failed,
    reasons: [...reasons, unavailable].filter((reason) => reason !== undefined),
  };
}
