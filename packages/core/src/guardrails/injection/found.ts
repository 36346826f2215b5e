/** A signal in a text, before it is weighed with its neighbours. */
export interface Found {
  readonly start: number;
  readonly end: number;
  readonly kind: string;
  readonly weight: number;
  /** Its span is all that is to go, where others take their whole passage with them. */
  readonly whole?: boolean;
}
