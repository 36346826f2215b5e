// The package's entry: everything public is named here.
export { offline } from "./answers/offline/index.ts";
export type {
  Hosted,
  HostedTools,
  Passage,
  Question,
  QuestionMessage,
  QuestionTool,
  QuestionToolCall,
  ToolChoice,
  Workspace,
} from "./answers/question.ts";
export { readScript } from "./answers/script-file.ts";
export { type ScriptedOptions, scripted } from "./answers/scripted.ts";
export type { Answer, AnswerSource, Passthrough } from "./answers/source.ts";
export type {
  FinishReason,
  ScriptedTurn,
  Turn,
  TurnToolCall,
  TurnUsage,
} from "./answers/turn.ts";
export { type UpstreamOptions, upstream } from "./answers/upstream.ts";
export type { Principal } from "./auth/principal.ts";
export type { ApiKey, ApiKeyOptions, Trust, TrustedKey } from "./auth/trust.ts";
export type { Violation } from "./auth/violations.ts";
export type { LogicalCall } from "./calls.ts";
export type { EmulatorClock } from "./clock.ts";
export {
  type TestConfig,
  type TestConfigOptions,
  type TestProfile,
  type TestProfileName,
  writeTestConfig,
} from "./config/write-test-config.ts";
export type { ControlOptions, ControlResource } from "./control/lifecycle.ts";
export { startOciEmulator } from "./emulator.ts";
export { EmulatorError, type EmulatorErrorCode } from "./errors.ts";
export { type ErrorName, type ErrorReply, errorReplies } from "./http/envelopes.ts";
export type { RequestFault } from "./http/faults.ts";
export type {
  Environment,
  InstancePrincipal,
  PrincipalOptions,
  Principals,
  ResourcePrincipal,
  SessionPrincipal,
  WorkloadPrincipal,
} from "./identity/principals.ts";
export type { IdentityAnswer, IdentityEndpoint } from "./identity/service.ts";
export type { JournalEntry, Plane } from "./journal.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export type { FamilyName } from "./models/families.ts";
export type { Strictness } from "./models/rules.ts";
export type { OciEmulator, OciEmulatorOptions } from "./options.ts";
export type { DedicatedEndpoint, ServerStateOptions } from "./settings.ts";
export type { Stored, StoredFileView, StoredVectorStoreView } from "./stored.ts";
export type { ToolDeltaStyle } from "./stream/tool-deltas.ts";
export type { Fault, FaultPoint, WireStyle } from "./stream/wire.ts";
export type { VectorStoreOptions } from "./vector-stores/store.ts";
