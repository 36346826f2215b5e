/** Models: those that everyone is offered, and those made of them by fine-tuning. */
import type { Control } from "../client.ts";
import { type Fields, received, sent } from "../fields.ts";
import { FILTERS, LIFECYCLE, type ResourceKind } from "../kind.ts";
import { movable, resource } from "../resource.ts";
import {
  type CreateDescribed,
  createDescribed,
  type Described,
  described,
  type Kept,
  type KeptQuery,
  kept,
  type Movable,
  type Open,
  type Resource,
} from "../types.ts";

export type ModelState = "CREATING" | "ACTIVE" | "DELETING" | "DELETED" | "FAILED";

/** What a model can do. */
export type ModelCapability = Open<
  | "CHAT"
  | "TEXT_GENERATION"
  | "TEXT_SUMMARIZATION"
  | "TEXT_EMBEDDINGS"
  | "TEXT_RERANK"
  | "FINE_TUNE"
  | "REALTIME"
  | "TEXT_TO_IMAGE"
  | "TEXT_TO_VIDEO"
  | "TEXT_TO_AUDIO"
  | "IMAGE_TO_IMAGE"
  | "IMAGE_TEXT_TO_TEXT"
  | "IMAGE_TEXT_TO_IMAGE"
  | "IMAGE_TEXT_TO_VIDEO"
  | "AUDIO_TO_TEXT"
  | "AUDIO_TO_AUDIO"
>;

/** A file of JSON Lines in Object Storage. */
export interface TrainingDataset {
  /** Default `OBJECT_STORAGE`. */
  readonly datasetType?: Open<"OBJECT_STORAGE"> | undefined;
  readonly namespaceName: string;
  readonly bucketName: string;
  readonly objectName: string;
}

/** How a model is trained. */
export interface TrainingConfig {
  readonly trainingConfigType: Open<
    "LORA_TRAINING_CONFIG" | "TFEW_TRAINING_CONFIG" | "VANILLA_TRAINING_CONFIG"
  >;
  readonly totalTrainingEpochs?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly trainingBatchSize?: number | undefined;
  /** Evaluations without enough improvement, after which training stops. */
  readonly earlyStoppingPatience?: number | undefined;
  /** By how much the loss must improve. */
  readonly earlyStoppingThreshold?: number | undefined;
  /** Steps between two lines about the model's metrics; 0 for none. */
  readonly logModelMetricsIntervalInSteps?: number | undefined;
  /** For LoRA: the rank of the update matrices. */
  readonly loraR?: number | undefined;
  /** For LoRA: the scaling factor. */
  readonly loraAlpha?: number | undefined;
  /** For LoRA: the probability of dropout. */
  readonly loraDropout?: number | undefined;
  /** For vanilla training: how many of the last layers change. */
  readonly numOfLastLayers?: number | undefined;
}

/** What a model is made with. */
export interface FineTuneDetails {
  readonly trainingDataset: TrainingDataset;
  /** OCID of a cluster of type `FINE_TUNING`. */
  readonly dedicatedAiClusterId: string;
  readonly trainingConfig?: TrainingConfig | undefined;
}

/** How training went. */
export interface ModelMetrics {
  readonly modelMetricsType?: Open<"CHAT_MODEL_METRICS" | "TEXT_GENERATION_MODEL_METRICS"> | undefined;
  readonly finalAccuracy?: number | undefined;
  readonly finalLoss?: number | undefined;
}

export interface ModelSummary
  extends Omit<Kept<ModelState>, "lifecycleState" | "description" | "timeUpdated"> {
  readonly lifecycleState?: Open<ModelState> | undefined;
  /** OCID; absent for models that everyone is offered. */
  readonly compartmentId?: string | undefined;
  readonly displayName?: string | undefined;
  /** In the service's own spelling: `cohere`, `meta`. */
  readonly vendor?: string | undefined;
  readonly version?: string | undefined;
  readonly type?: Open<"BASE" | "CUSTOM"> | undefined;
  readonly capabilities?: readonly ModelCapability[] | undefined;
  /** OCID of the model that it was made of. */
  readonly baseModelId?: string | undefined;
  readonly fineTuneDetails?: FineTuneDetails | undefined;
  readonly modelMetrics?: ModelMetrics | undefined;
  readonly isLongTermSupported?: boolean | undefined;
  readonly timeCreated?: string | undefined;
  readonly timeDeprecated?: string | undefined;
  /** From then on it is served on dedicated clusters only. */
  readonly timeOnDemandRetired?: string | undefined;
  /** From then on it is not served. */
  readonly timeDedicatedRetired?: string | undefined;
}

export interface Model extends ModelSummary {
  readonly description?: string | undefined;
  readonly timeUpdated?: string | undefined;
}

/** What a model of one's own is made of. */
export interface CreateModelDetails extends CreateDescribed {
  readonly baseModelId: string;
  readonly fineTuneDetails: FineTuneDetails;
  readonly vendor?: string | undefined;
  readonly version?: string | undefined;
}

export interface UpdateModelDetails extends Described {
  readonly vendor?: string | undefined;
  readonly version?: string | undefined;
}

export interface ModelQuery extends KeptQuery<ModelState, "displayName" | "lifecycleState" | "timeCreated"> {
  readonly vendor?: string | undefined;
  /** Only models that can do this, or any of these. */
  readonly capability?: ModelCapability | readonly ModelCapability[] | undefined;
}

interface ModelTypes {
  readonly item: Model;
  readonly summary: ModelSummary;
  readonly create: CreateModelDetails;
  readonly update: UpdateModelDetails;
  readonly query: ModelQuery;
  readonly state: ModelState;
}

/** Models of one's own can be made, changed and deleted; those that everyone is offered can be read. */
export interface Models extends Resource<ModelTypes>, Movable {}

const fineTune = (of: Fields) =>
  of.object<FineTuneDetails>({
    trainingDataset: of.object<TrainingDataset>({
      datasetType: of.variant("OBJECT_STORAGE"),
      namespaceName: of.text,
      bucketName: of.text,
      objectName: of.text,
    }),
    dedicatedAiClusterId: of.text,
    trainingConfig: of.maybe(
      of.object<TrainingConfig>({
        trainingConfigType: of.text,
        totalTrainingEpochs: of.maybe(of.number),
        learningRate: of.maybe(of.number),
        trainingBatchSize: of.maybe(of.number),
        earlyStoppingPatience: of.maybe(of.number),
        earlyStoppingThreshold: of.maybe(of.number),
        logModelMetricsIntervalInSteps: of.maybe(of.number),
        loraR: of.maybe(of.number),
        loraAlpha: of.maybe(of.number),
        loraDropout: of.maybe(of.number),
        numOfLastLayers: of.maybe(of.number),
      }),
    ),
  });

const versioned = (of: Fields) => ({ vendor: of.maybe(of.text), version: of.maybe(of.text) });

const KIND: ResourceKind<ModelTypes> = {
  ...LIFECYCLE,
  name: "models",
  one: "model",
  path: "models",
  filters: [...FILTERS, "vendor", "capability"],
  states: ["CREATING", "ACTIVE", "DELETING", "DELETED", "FAILED"],
  item: received.object<Model>({
    ...kept(received),
    ...versioned(received),
    lifecycleState: received.maybe(received.text),
    compartmentId: received.maybe(received.text),
    displayName: received.maybe(received.text),
    type: received.maybe(received.text),
    capabilities: received.maybe(received.list(received.text)),
    baseModelId: received.maybe(received.text),
    fineTuneDetails: received.maybe(fineTune(received)),
    modelMetrics: received.maybe(
      received.object<ModelMetrics>({
        modelMetricsType: received.maybe(received.text),
        finalAccuracy: received.maybe(received.number),
        finalLoss: received.maybe(received.number),
      }),
    ),
    isLongTermSupported: received.maybe(received.flag),
    timeCreated: received.maybe(received.time),
    timeDeprecated: received.maybe(received.time),
    timeOnDemandRetired: received.maybe(received.time),
    timeDedicatedRetired: received.maybe(received.time),
  }),
  create: sent.object<CreateModelDetails>({
    ...createDescribed(sent),
    ...versioned(sent),
    baseModelId: sent.text,
    fineTuneDetails: fineTune(sent),
  }),
  update: sent.object<UpdateModelDetails>({ ...described(sent), ...versioned(sent) }),
};

export const models = (control: Control): Models => ({
  ...resource(control, KIND),
  ...movable(control, KIND),
});
