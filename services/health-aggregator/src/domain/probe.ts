import type { Finding } from './finding.ts';

export interface Probe {
  readonly name: string;
  /** Looks once; what fails is a finding, and a rejection is one under `onFailure`'s key. */
  look(at: Date): Promise<Finding[]>;
  onFailure(why: string, at: Date): Finding[];
}
