export { type Remainder, WorkflowError, type WorkflowReason } from './errors.ts';
export type { Done, Plan, Planned, PlannedStep, WorkflowName } from './plan.ts';
export type { StepProgress, WorkflowProgress } from './progress.ts';
export type { Tools, WorkflowOptions } from './tools.ts';
