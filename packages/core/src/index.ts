/** The public face of the Locus core. Nothing is public by accident: every name is listed. */
export { Agent, type ResumeOptions } from "./agent/agent.ts";
export type { AsToolOptions } from "./agent/as-tool.ts";
export type { Answers } from "./agent/beginning.ts";
export type { RunOptions } from "./agent/execute-run.ts";
export type { GateContext, VerificationGate } from "./agent/gates.ts";
export type { HistoryRange, ThreadHistory, ThreadVersion } from "./agent/history.ts";
export type { AgentOptions, SystemPromptFunction } from "./agent/options.ts";
export type { Durability } from "./agent/record.ts";
export type { AgentResult } from "./agent/result.ts";
export type { AgentStream } from "./agent/stream.ts";
export type { ForkOptions, ReplayOptions } from "./agent/time-travel.ts";
export type { EncryptionOptions } from "./checkpoint/encryption.ts";
export { FileCheckpointer, type FileCheckpointerOptions } from "./checkpoint/file/file.ts";
export { MemoryCheckpointer, type MemoryCheckpointerOptions } from "./checkpoint/memory.ts";
export type * from "./checkpoint/types.ts";
export { type CompactorOptions, compactor } from "./conversation/compactor.ts";
export { estimatePartTokens, estimateTokens } from "./conversation/estimate.ts";
export { noConversationManager } from "./conversation/none.ts";
export { type SlidingWindowOptions, slidingWindow } from "./conversation/sliding-window.ts";
export { type SummarizingOptions, summarizing } from "./conversation/summarizing.ts";
export type * from "./conversation/types.ts";
export * from "./errors/errors.ts";
export { agentEventSchema } from "./events/agent-event.ts";
export { durableEventSchema } from "./events/schema.ts";
export type * from "./events/types.ts";
export { isDurable, SCHEMA_VERSION } from "./events/types.ts";
export {
  type InjectionOptions,
  injectionDetector,
  type PiiKind,
  type PiiOptions,
  piiDetector,
  secretsDetector,
} from "./guardrails/detectors.ts";
export type { ArgumentHazard } from "./guardrails/hazard-names.ts";
export { guardrailsHook } from "./guardrails/hook.ts";
export type {
  CallAction,
  CustomGuard,
  GuardrailsOptions,
  PathGuard,
  PlaceActions,
  Spotlight,
  ToolPolicy,
  ToolRule,
  UrlGuard,
} from "./guardrails/options.ts";
export type * from "./guardrails/types.ts";
export {
  checkPath,
  checkUrl,
  type PathPolicy,
  type PathVerdict,
  type Refusal,
  type UrlPolicy,
  type UrlVerdict,
} from "./guardrails/verdicts.ts";
export { type CircuitBreakerOptions, circuitBreakerHook } from "./hooks/builtin/circuit-breaker.ts";
export { type LoggingOptions, loggingHook } from "./hooks/builtin/logging/hook.ts";
export type { LogLevel, LogLevels } from "./hooks/builtin/logging/levels.ts";
export { type ModelRetryOptions, modelRetryHook } from "./hooks/builtin/model-retry.ts";
export {
  PLAN_KEY,
  type Plan,
  type PlanItem,
  type PlanStatus,
  readPlan,
} from "./hooks/builtin/planning/plan.ts";
export { type PlanningOptions, planGate, planning } from "./hooks/builtin/planning/planning.ts";
export { type SteeringOptions, steeringHook } from "./hooks/builtin/steering/hook.ts";
export type * from "./hooks/types.ts";
export { HookPriority } from "./hooks/types.ts";
export type { JsonObject, JsonPrimitive, JsonValue } from "./json/json.ts";
export { canonicalJson, deepFreeze, isJsonObject, isRecord, parseJson, toJson } from "./json/json.ts";
export type { LogFunction, Logger } from "./log/logger.ts";
export type { Candidate } from "./loop/checks.ts";
export {
  type EmbedCall,
  type EmbeddingModel,
  type Embeddings,
  embeddingsFrom,
} from "./memory/embeddings.ts";
export { InMemoryStore } from "./memory/in-memory.ts";
export { type MemoryManager, memory } from "./memory/manager.ts";
export type {
  MemoryExtractOptions,
  MemoryInjectOptions,
  MemoryOptions,
  MemoryReport,
} from "./memory/manager-options.ts";
export { encodeNamespace } from "./memory/namespace.ts";
export type { MemoryNamespaceRule, MemoryRunContext } from "./memory/scope.ts";
export { type MemoryToolsOptions, memoryTools } from "./memory/tools.ts";
export type * from "./memory/types.ts";
export { type Author, authorName, withAuthor } from "./messages/authors.ts";
export { type CallIdRules, fittingCallId } from "./messages/call-ids.ts";
export type {
  AgentInput,
  AudioInput,
  FileInput,
  ImageInput,
  InputPart,
  UserInputMessage,
} from "./messages/input.ts";
export { assistantMessage, messageText, toolCallsOf, toolMessage, userMessage } from "./messages/messages.ts";
export { CANCELLED_CALL_TEXT, type RepairOptions, repairTranscript } from "./messages/repair.ts";
export {
  assistantMessageSchema,
  contentSchema,
  jsonObjectSchema,
  jsonValueSchema,
  messageSchema,
  messagesSchema,
  parseMessages,
} from "./messages/schema.ts";
export { fittingToolName, type ToolNameRules } from "./messages/tool-names.ts";
export { type ToldTranscript, type TranscriptReader, transcriptFor } from "./messages/transcript-for.ts";
export type * from "./messages/types.ts";
export { checkModel } from "./model/check-model.ts";
export { costOf, priceOf } from "./model/prices/cost.ts";
export { PRICES } from "./model/prices/table.ts";
export type { PricedModel, PriceRow, PriceTable } from "./model/prices/types.ts";
export type { ModelFactory, ModelName, ModelOptions, ProviderLoader } from "./model/registry.ts";
export { getModel, listProviders, parseModelName, registerProvider } from "./model/registry.ts";
export { isRetryable, type RetryOptions, retryDelayMs, retryingCall } from "./model/retry.ts";
export type * from "./model/types.ts";
export { type TokenCounts, usageFrom } from "./model/usage.ts";
export type { CacheStore } from "./model/wrap/answer-shelf.ts";
export { type Budget, type BudgetOptions, type BudgetUse, budget } from "./model/wrap/budget.ts";
export { FAILOVER_ERRORS, type LocusErrorClass } from "./model/wrap/failures.ts";
export {
  type RateLimiter,
  type RateLimiterOptions,
  type Reservation,
  rateLimiter,
} from "./model/wrap/rate-limiter.ts";
export { type WithCacheOptions, withCache } from "./model/wrap/with-cache.ts";
export { type WithFailoverOptions, withFailover } from "./model/wrap/with-failover.ts";
export { type WithLimitsOptions, withLimits } from "./model/wrap/with-limits.ts";
export { type WithPoolOptions, withPool } from "./model/wrap/with-pool.ts";
export { type WithRateLimitOptions, withRateLimit } from "./model/wrap/with-rate-limit.ts";
export { type WithRetryOptions, withRetry } from "./model/wrap/with-retry.ts";
export { type WithTimeoutsOptions, withTimeouts } from "./model/wrap/with-timeouts.ts";
export { EventBus, type EventBusStats, type Watchable } from "./observe/bus.ts";
export {
  type ConsoleOptions,
  type ConsoleStream,
  consoleRenderer,
  prettyHook,
} from "./observe/console.ts";
export type { EventBusOptions, SubscribeOptions } from "./observe/options.ts";
export type { Dropped } from "./observe/queue.ts";
export {
  describeUsage,
  type EventLine,
  eventLines,
  type LineKind,
  type RenderOptions,
  renderEvent,
} from "./observe/render.ts";
export type { EventSubscription } from "./observe/subscription.ts";
export { wantsColor, withoutControls } from "./observe/terminal.ts";
export { checkKeys } from "./options/check.ts";
export type { DeepPartial } from "./output/partial-output.ts";
export type { OutputStrategy, SchemaOf } from "./output/plan.ts";
export { CausalChain, type LinkOptions } from "./reasoning/causal/chain.ts";
export {
  type ProposeCausesOptions,
  type ProposedCauses,
  proposeCauses,
  type RejectedCause,
} from "./reasoning/causal/propose.ts";
export { causalChainFrom } from "./reasoning/causal/trace.ts";
export type * from "./reasoning/causal/types.ts";
export {
  type EvaluateGroundingOptions,
  type EvaluateOptions,
  evaluateGrounding,
} from "./reasoning/grounding/evaluate.ts";
export type {
  GroundingJudge,
  GroundingOptions,
  GroundingSources,
  SourcesContext,
} from "./reasoning/grounding/options.ts";
export type * from "./reasoning/grounding/types.ts";
export { type EvaluateGsarOptions, evaluateGsar } from "./reasoning/gsar/evaluate.ts";
export type { GsarOptions } from "./reasoning/gsar/options.ts";
export {
  GSAR_WEIGHTS,
  type GsarScoreOptions,
  type GsarWeights,
  gsarDecide,
  gsarScore,
  partitionWeight,
} from "./reasoning/gsar/score.ts";
export type * from "./reasoning/gsar/types.ts";
export { type AssessOptions, assess } from "./reasoning/reflexion/assess.ts";
export type { ReflexionOptions } from "./reasoning/reflexion/options.ts";
export type {
  Assessment,
  AssessRules,
  ReflectedCall,
  ReflectedTurn,
  Reflection,
} from "./reasoning/reflexion/types.ts";
export { convertSchema } from "./schema/convert.ts";
export { DIALECTS, type DialectName } from "./schema/dialects.ts";
export { type BoundSchema, type FittedSchema, fitSchema } from "./schema/fit.ts";
export {
  type CompiledSchema,
  type ParameterSchema,
  type ReadSchemaOptions,
  readSchema,
} from "./schema/read.ts";
export { type StrictSchema, strictSchema } from "./schema/strict.ts";
export { strictModeProblem } from "./schema/strict-mode.ts";
export type { ConvertedSchema, SchemaDialect, SchemaLoss } from "./schema/types.ts";
export type { RunCost } from "./state/cost.ts";
export { emptyState, fold, reduce } from "./state/reduce.ts";
export type * from "./state/types.ts";
export { addUsage } from "./state/usage.ts";
export { all, any, not } from "./termination/combine.ts";
export {
  confidenceMet,
  costLimit,
  custom,
  maxIterations,
  noToolCalls,
  type TerminationPredicate,
  textMention,
  timeLimit,
  tokenLimit,
  toolCalled,
} from "./termination/conditions.ts";
export { terminationFromJSON } from "./termination/json.ts";
export type { TerminationCondition, TerminationVerdict } from "./termination/types.ts";
export { type ClientSecrets, knownSecrets } from "./text/known-secrets.ts";
export { didYouMean, nearest } from "./text/nearest.ts";
export { redactSecrets } from "./text/redact.ts";
export { redactError } from "./text/redact-error.ts";
export { type HostedMcpOptions, hostedTool } from "./tool/hosted.ts";
export type { Question, ToolInterrupt } from "./tool/interrupt.ts";
export { MemoryResultStore, type ResultStore } from "./tool/result-store.ts";
export { type ApprovalRule, type ToolOptions, tool } from "./tool/tool.ts";
export type * from "./tool/types.ts";
