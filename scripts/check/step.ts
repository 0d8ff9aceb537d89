interface StepResult {
  /** What went wrong, ready to print; empty when all is well. */
  readonly problems: readonly string[];
  /** Said beside the step's name, such as how much was read. */
  readonly note?: string;
}

export interface Step {
  readonly name: string;
  run(root: string): Promise<StepResult>;
}
