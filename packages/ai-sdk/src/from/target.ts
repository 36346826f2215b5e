/** For whom messages are encoded. */
export interface Target {
  /** As in the provider parts of its answers. */
  readonly provider: string;
  /** How files that were uploaded to it are called: what stands before the first dot of its name. */
  readonly vendor: string;
}
