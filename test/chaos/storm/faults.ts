import type { Fault } from './fault.ts';
import { indexFaults, lateFault } from './index-faults.ts';
import { letterFaults } from './letter-faults.ts';
import { lineFaults } from './line-faults.ts';
import { postgresFaults } from './postgres-faults.ts';
import { processFaults } from './process-faults.ts';

export const allFaults: readonly Fault[] = [
  ...lineFaults,
  ...indexFaults,
  lateFault,
  ...processFaults,
  ...postgresFaults,
  ...letterFaults,
];
