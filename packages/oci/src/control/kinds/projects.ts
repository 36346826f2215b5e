/** Projects: what keeps conversations, files and containers together, and for how long. */
import type { Control } from "../client.ts";
import { type Fields, received, sent } from "../fields.ts";
import { FILTERS, LIFECYCLE, type ResourceKind } from "../kind.ts";
import { movable, resource } from "../resource.ts";
import {
  type CreateDescribed,
  createDescribed,
  type Described,
  described,
  type KeptByName,
  type KeptQuery,
  keptByName,
  type LifecycleState,
  type Movable,
  type Open,
  type Resource,
} from "../types.ts";

/** How long is kept what the service keeps, in hours. */
export interface ConversationConfig {
  /** Hours from a response's creation. */
  readonly responsesRetentionInHours?: number | undefined;
  /** Hours from a conversation's last change. */
  readonly conversationsRetentionInHours?: number | undefined;
}

/** A model of OCI Generative AI, by its id. */
export interface LlmSelection {
  /** Default `GEN_AI_MODEL`. */
  readonly llmSelectionType?: Open<"GEN_AI_MODEL"> | undefined;
  readonly modelId: string;
}

/** The model that does one thing for a project's memory. */
export interface MemoryModelConfig {
  /** `EXTRACTION`, `EMBEDDING` or `CONDENSER`; default: what fits the place. */
  readonly modelConfigType?: Open<"EXTRACTION" | "EMBEDDING" | "CONDENSER"> | undefined;
  readonly llmSelection: LlmSelection;
}

/** What is remembered beyond a conversation. */
export interface LongTermMemoryConfig {
  readonly standardLongTermMemoryStrategy?:
    | {
        readonly isEnabled: boolean;
        /** The model that finds what is worth remembering. */
        readonly extractionConfig?: MemoryModelConfig | undefined;
        /** The model that makes it searchable. */
        readonly embeddingConfig?: MemoryModelConfig | undefined;
      }
    | undefined;
}

/** How long conversations are shortened. */
export interface ShortTermMemoryOptimizationConfig {
  readonly isEnabled: boolean;
  /** The model that shortens them. */
  readonly condenserConfig?: MemoryModelConfig | undefined;
}

/** How a project keeps and remembers. */
export interface ProjectConfig {
  readonly conversationConfig?: ConversationConfig | undefined;
  readonly longTermMemoryConfig?: LongTermMemoryConfig | undefined;
  readonly shortTermMemoryOptimizationConfig?: ShortTermMemoryOptimizationConfig | undefined;
}

export interface ProjectSummary extends KeptByName {}
export interface Project extends ProjectSummary, ProjectConfig {}
export interface CreateProjectDetails extends CreateDescribed, ProjectConfig {}
export interface UpdateProjectDetails extends Described, ProjectConfig {}
export interface ProjectQuery extends KeptQuery {}

interface ProjectTypes {
  readonly item: Project;
  readonly summary: ProjectSummary;
  readonly create: CreateProjectDetails;
  readonly update: UpdateProjectDetails;
  readonly query: ProjectQuery;
  readonly state: LifecycleState;
}

/** Deleting a project deletes the responses, conversations, files and containers in it. */
export interface Projects extends Resource<ProjectTypes>, Movable {}

const memoryModel = (of: Fields, type: string) =>
  of.maybe(
    of.object<MemoryModelConfig>({
      modelConfigType: of.variant(type),
      llmSelection: of.object<LlmSelection>({
        llmSelectionType: of.variant("GEN_AI_MODEL"),
        modelId: of.text,
      }),
    }),
  );

const config = (of: Fields) => ({
  conversationConfig: of.maybe(
    of.object<ConversationConfig>({
      responsesRetentionInHours: of.maybe(of.number),
      conversationsRetentionInHours: of.maybe(of.number),
    }),
  ),
  longTermMemoryConfig: of.maybe(
    of.object<LongTermMemoryConfig>({
      standardLongTermMemoryStrategy: of.maybe(
        of.object({
          isEnabled: of.flag,
          extractionConfig: memoryModel(of, "EXTRACTION"),
          embeddingConfig: memoryModel(of, "EMBEDDING"),
        }),
      ),
    }),
  ),
  shortTermMemoryOptimizationConfig: of.maybe(
    of.object<ShortTermMemoryOptimizationConfig>({
      isEnabled: of.flag,
      condenserConfig: memoryModel(of, "CONDENSER"),
    }),
  ),
});

const KIND: ResourceKind<ProjectTypes> = {
  ...LIFECYCLE,
  name: "projects",
  one: "project",
  path: "generativeAiProjects",
  filters: FILTERS,
  item: received.object<Project>({ ...keptByName(received), ...config(received) }),
  create: sent.object<CreateProjectDetails>({ ...createDescribed(sent), ...config(sent) }),
  update: sent.object<UpdateProjectDetails>({ ...described(sent), ...config(sent) }),
};

export const projects = (control: Control): Projects => ({
  ...resource(control, KIND),
  ...movable(control, KIND),
});
