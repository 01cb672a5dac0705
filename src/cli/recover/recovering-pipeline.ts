import { Unsettled } from '../../algolia/unsettled.ts';
import { SlotLostError } from '../../errors.ts';
import { type PipelineOptions, runPipeline, type Telemetry } from '../service.ts';
import { RecoveryBeside } from './recovery-beside.ts';
import { makeSlotAnew } from './self-recovery.ts';

/**
 * The pipeline of `run` where a slot that is lost is not the end: another one is put in its place, and beside the stream of that one the road
 * back is gone to its end, also one that another process has begun and not finished. Resolves and rejects as `runPipeline` does, with a lost slot
 * where only a person can decide.
 */
export async function recoveringPipeline(options: PipelineOptions, telemetry: Telemetry): Promise<void> {
  const { config, signal, start } = options;
  const unsettled = new Unsettled();
  for (;;) {
    const beside = new RecoveryBeside({ config, telemetry, signal });
    try {
      await runPipeline({ ...options, unsettled }, telemetry);
      return;
    } catch (error) {
      // Who says where to begin has decided already.
      if (!(error instanceof SlotLostError) || start !== undefined) throw error;
      await beside.end();
      await makeSlotAnew({ config, telemetry, signal }, error);
      if (signal.aborted) return;
    } finally {
      await beside.end();
    }
  }
}
