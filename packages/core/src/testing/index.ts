/** Test helpers: a scripted model, and the suites that implementations of a seam must pass. Wants vitest beside it. */
export {
  type ChatModelBackend,
  type ChatModelFeature,
  type ChatModelTurn,
  type DescribeChatModelOptions,
  describeChatModel,
} from "./describe-chat-model.ts";
export {
  type ScriptedCall,
  ScriptedModel,
  type ScriptedModelOptions,
  type ScriptedStep,
  type ScriptedTurn,
} from "./scripted-model.ts";
