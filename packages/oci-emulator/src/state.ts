// What all rooms of a running emulator share.
import type { ScriptQueue } from "./answers/scripted.ts";
import type { AnswerSource } from "./answers/source.ts";
import type { TrustStore } from "./auth/trust.ts";
import type { Violation } from "./auth/violations.ts";
import type { EmulatorClock } from "./clock.ts";
import type { ContainerStore } from "./containers/store.ts";
import type { ControlPlane } from "./control/resources.ts";
import type { ConversationStore } from "./conversations/store.ts";
import type { FileStore } from "./files/store.ts";
import type { RequestFaults } from "./http/faults.ts";
import type { IdentityService } from "./identity/service.ts";
import type { Journal } from "./journal.ts";
import type { Strictness } from "./models/rules.ts";
import type { ResponseStore } from "./responses/store.ts";
import type { Settings } from "./settings.ts";
import type { WireStyle } from "./stream/wire.ts";
import type { VectorStores } from "./vector-stores/store.ts";

export interface EmulatorState {
  readonly clock: EmulatorClock;
  readonly trust: TrustStore;
  readonly journal: Journal;
  readonly violations: Violation[];
  /** Turns put in by `script()`; they go before the answer source. */
  readonly script: ScriptQueue;
  /** Put in by `fault()`; they strike before any handler. */
  readonly faults: RequestFaults;
  readonly answers: AnswerSource;
  /** Ids of the models that exist, or `any`; by default all ids of known vendors. */
  readonly models: readonly string[] | "any" | undefined;
  readonly strictness: Strictness;
  readonly settings: Settings;
  readonly responses: ResponseStore;
  readonly conversations: ConversationStore;
  readonly files: FileStore;
  readonly vectorStores: VectorStores;
  readonly containers: ContainerStore;
  readonly control: ControlPlane;
  readonly identity: IdentityService;
  /** Wire style of turns that have none of their own. */
  readonly wire: WireStyle;
}
