import type { RunnerTestSuite } from 'vitest';
import FreshModulesRunner from './fresh-modules-runner.ts';

/** Skips every file of a project whose global setup provided a reason why it cannot run here, hooks included. */
export default class SkippingRunner extends FreshModulesRunner {
  override async onBeforeRunSuite(suite: RunnerTestSuite): Promise<void> {
    if (this.injectValue('unavailable') !== undefined) suite.mode = 'skip';
    await super.onBeforeRunSuite(suite);
  }
}
