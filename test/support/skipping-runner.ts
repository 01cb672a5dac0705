import { type RunnerTestSuite, TestRunner } from 'vitest';

/** Skips every file of a project whose global setup provided a reason why it cannot run here, hooks included. */
export default class SkippingRunner extends TestRunner {
  override async onBeforeRunSuite(suite: RunnerTestSuite): Promise<void> {
    if (this.injectValue('unavailable') !== undefined) suite.mode = 'skip';
    await super.onBeforeRunSuite(suite);
  }
}
