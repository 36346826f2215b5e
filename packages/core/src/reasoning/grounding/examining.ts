/** What examining an answer takes, loaded with the first that is examined: few agents do. */
export { counted } from "../counted.ts";
export { examine } from "./examine.ts";
export { modelJudge } from "./model-judge.ts";
export { rulesJudge } from "./rules/judge.ts";
