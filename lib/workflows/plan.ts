/** The functions of this door, by their names. */
export type WorkflowName =
  | 'createMirror'
  | 'addMirror'
  | 'replaceFailedDevice'
  | 'splitForBackup'
  | 'withSnapshot'
  | 'guardSnapshot'
  | 'guardPool'
  | 'rollback'
  | 'copyVolume';

/** One step of a plan. */
export interface PlannedStep {
  /** Its short name, unique in the plan, such as `split`. */
  readonly name: string;
  /** What it does, as an imperative sentence without its end. */
  readonly title: string;
  /** The lvm commands that it runs, in order, each a list of words without the program; empty if none. */
  readonly commands: readonly (readonly string[])[];
  /** The condition under which it is done, in words; null: always. */
  readonly when: string | null;
}

/** What a workflow would do now. */
export interface Plan {
  readonly workflow: WorkflowName;
  /** `vg/lv` of the volume, or the name of the group, that it is about. */
  readonly subject: string;
  /** All of it in one sentence. */
  readonly summary: string;
  /** What will be different afterwards, or destroyed, a sentence each: what a confirmation has to show. */
  readonly changes: readonly string[];
  /** What the caller should know before. */
  readonly warnings: readonly string[];
  /** In order, what is cleaned up in any case included. Empty if all is as wanted already. */
  readonly steps: readonly PlannedStep[];
}

/** The result of a call with `dryRun: true`: nothing was changed. */
export interface Planned {
  readonly outcome: 'planned';
  readonly plan: Plan;
}

/** The result of a workflow that came to its end. */
export type Done<R extends object = object> = R & {
  /** `already`: there was nothing to do. */
  readonly outcome: 'done' | 'already';
  /** What was planned, and done. */
  readonly plan: Plan;
  /** What the caller should know now, the plan's warnings included. */
  readonly warnings: readonly string[];
  /** Milliseconds that it took. */
  readonly duration: number;
};
