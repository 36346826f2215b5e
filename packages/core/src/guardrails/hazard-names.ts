/** What the arguments of some tools must not hold, by name; `hazards.ts` knows what they look like. */

/** Statements that change data, signs of injected SQL, characters that a shell gives a meaning, ways out of a directory. */
export type ArgumentHazard = "sql_write" | "sql_injection" | "shell" | "traversal";

export const ARGUMENT_HAZARDS: readonly ArgumentHazard[] = [
  "sql_write",
  "sql_injection",
  "shell",
  "traversal",
];
