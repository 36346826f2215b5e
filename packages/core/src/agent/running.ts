/** What an agent loads with its first run: the run itself, and going back to earlier versions of a thread. */
export { executeRun } from "./execute-run.ts";
export { forkForReplay, forkThread, REPLAY_OPTIONS, stateAt } from "./time-travel.ts";
