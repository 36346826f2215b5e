/**
 * Test helpers: a scripted model, and the suites that implementations of a seam must pass. The suites
 * run under vitest.
 */

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
