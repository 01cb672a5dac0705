import { TestRunner, vi } from 'vitest';

/**
 * Runs file after file in one process, each with modules of its own, as if it were alone there: what a module keeps or mocks, and the
 * hooks of a case that several files import, are never those of an earlier file. To start a process and to load packages takes longer
 * than most files do, and is done once.
 */
export default class FreshModulesRunner extends TestRunner {
  override importFile(...[path, source]: Parameters<TestRunner['importFile']>): unknown {
    if (source === 'collect') vi.resetModules();
    return super.importFile(path, source);
  }
}
