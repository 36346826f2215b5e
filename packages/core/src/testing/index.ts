/**
 * Test helpers: a scripted model, calls that are recorded and replayed, and the suites that implementations of a seam
 * must pass. The suites run under vitest.
 */

export type { CassetteSuite, CassetteTest } from "./cassette/cassette-file.ts";
export type { Difference } from "./cassette/diff.ts";
export { CassetteError, type ReplayMismatch, ReplayMismatchError } from "./cassette/errors.ts";
export type { ReplayMatch } from "./cassette/match.ts";
export type { CassetteMode } from "./cassette/mode.ts";
export type { CassetteOptions } from "./cassette/options.ts";
export { type RecordOptions, recordModel } from "./cassette/record.ts";
export { type ReplayedModel, type ReplayModelOptions, replayModel } from "./cassette/replay.ts";
export type { RecordedCall, RecordedError, RecordedOutcome, ScrubFunction } from "./cassette/types.ts";
export { type UseCassetteOptions, useCassette } from "./cassette/use-cassette.ts";
export type {
  CheckpointerFeature,
  CheckpointerFixture,
  DescribeCheckpointerOptions,
} from "./checkpointer-fixture.ts";
export {
  type ChatModelBackend,
  type ChatModelFeature,
  type ChatModelTurn,
  type DescribeChatModelOptions,
  describeChatModel,
} from "./describe-chat-model.ts";
export { describeCheckpointer } from "./describe-checkpointer.ts";
export { describeMemoryStore } from "./describe-memory-store.ts";
export type { DescribeMemoryStoreOptions, MemoryStoreFixture } from "./memory-store-fixture.ts";
export {
  type ScriptedCall,
  ScriptedModel,
  type ScriptedModelOptions,
  type ScriptedStep,
  type ScriptedTurn,
} from "./scripted-model.ts";
