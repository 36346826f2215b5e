// What may stand in the bodies of the control plane: a schema for each thing that is created, updated or done.
import { z } from "zod";
import type { JsonObject } from "../json.ts";
import { type KeyDetails, type KeyState, keyStates } from "./api-key-secrets.ts";

type Body = z.ZodType<JsonObject>;

const text = z.string().min(1);
const instant = z.iso.datetime({ offset: true });
const whole = z.int().min(1);

const named = { displayName: text.max(255).optional(), description: z.string().optional() };
const tags = {
  freeformTags: z.record(z.string(), z.string()).optional(),
  definedTags: z.record(z.string(), z.record(z.string(), z.json())).optional(),
};
/** What every update may change. */
const common = { ...named, ...tags };
const owned = { ...common, compartmentId: text };

const llmSelection = z.strictObject({ llmSelectionType: z.literal("GEN_AI_MODEL"), modelId: text });
const modelConfig = <Type extends string>(type: Type) =>
  z.strictObject({ modelConfigType: z.literal(type), llmSelection });

const projectFields = {
  conversationConfig: z
    .strictObject({
      responsesRetentionInHours: whole.optional(),
      conversationsRetentionInHours: whole.optional(),
    })
    .optional(),
  longTermMemoryConfig: z
    .strictObject({
      standardLongTermMemoryStrategy: z
        .strictObject({
          isEnabled: z.boolean(),
          extractionConfig: modelConfig("EXTRACTION").optional(),
          embeddingConfig: modelConfig("EMBEDDING").optional(),
        })
        .optional(),
    })
    .optional(),
  shortTermMemoryOptimizationConfig: z
    .strictObject({ isEnabled: z.boolean(), condenserConfig: modelConfig("CONDENSER").optional() })
    .optional(),
};

export const projectBodies: { readonly create: Body; readonly update: Body } = {
  create: z.strictObject({ ...owned, ...projectFields }),
  update: z.strictObject({ ...common, ...projectFields }),
};

const keyDetails = z.strictObject({ keyName: text, timeExpiry: instant.optional() });
const keys = z
  .array(keyDetails)
  .min(1)
  .max(2)
  .refine(
    (all) => new Set(all.map(({ keyName }) => keyName)).size === all.length,
    "keys of one resource need different names",
  );

export const apiKeyBodies: {
  readonly create: z.ZodType<JsonObject & { readonly keyDetails: readonly KeyDetails[] }>;
  readonly update: Body;
  readonly renew: z.ZodType<JsonObject & { readonly details: KeyDetails }>;
  readonly setState: z.ZodType<JsonObject & { readonly keyName: string; readonly state: KeyState }>;
} = {
  create: z.strictObject({ ...owned, displayName: text.max(255), keyDetails: keys }),
  update: z.strictObject(common),
  renew: z.strictObject({ ...tags, details: keyDetails }),
  setState: z.strictObject({ ...tags, keyName: text, state: z.enum(keyStates) }),
};

/** What of the body says which keys to make. */
export const keysOf: z.ZodType<{ readonly keyDetails: readonly KeyDetails[] }> = z.object({
  keyDetails: keys,
});

const connection = z.literal("DATABASE_TOOLS_CONNECTION");
const schemas = z.strictObject({
  connectionType: connection,
  schemas: z
    .array(z.strictObject({ name: text }))
    .min(1)
    .max(1),
});
const refreshSchedule = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ON_CREATE") }),
  z.strictObject({ type: z.literal("NONE") }),
  z.strictObject({ type: z.literal("INTERVAL"), value: z.iso.duration() }),
]);

export const semanticStoreBodies: { readonly create: Body; readonly update: Body } = {
  create: z.strictObject({
    ...owned,
    displayName: text.max(255),
    dataSource: z.strictObject({
      connectionType: connection,
      queryingConnectionId: text,
      enrichmentConnectionId: text,
    }),
    schemas,
    refreshSchedule: refreshSchedule.optional(),
  }),
  update: z.strictObject({
    ...common,
    schemas: schemas.optional(),
    refreshSchedule: refreshSchedule.optional(),
  }),
};

const schedule = {
  state: z.enum(["ENABLED", "DISABLED"]).optional(),
  timeStart: instant.optional(),
  timeEnd: instant.optional(),
};
const scheduleConfig = z.discriminatedUnion("configType", [
  z.strictObject({ ...schedule, configType: z.literal("CRON"), cronExpression: text }),
  z.strictObject({
    ...schedule,
    configType: z.literal("INTERVAL"),
    frequency: z.enum(["HOURLY", "DAILY"]),
    interval: whole,
  }),
]);
const storage = z.strictObject({
  namespace: text,
  bucketName: text,
  prefixList: z.array(z.string()).optional(),
});
const configuration = z.strictObject({
  type: z.literal("OBJECT_STORAGE_FILES"),
  storageConfigList: z.array(storage).min(1),
});

export const connectorBodies: { readonly create: Body; readonly update: Body } = {
  create: z.strictObject({
    ...owned,
    displayName: text.max(255),
    vectorStoreId: text,
    configuration,
    scheduleConfig: scheduleConfig.optional(),
    vaultSecretId: text.optional(),
  }),
  update: z.strictObject({
    ...common,
    configuration: configuration.optional(),
    scheduleConfig: scheduleConfig.optional(),
  }),
};

interface Storage {
  readonly namespace: string;
  readonly bucketName: string;
  readonly prefixList?: readonly string[] | undefined;
}

/** What of a connector says where its files are. */
export const storagesOf: z.ZodType<{
  readonly configuration: { readonly storageConfigList: readonly Storage[] };
}> = z.object({ configuration });

export const fileSyncBodies: { readonly create: Body } = {
  create: z.strictObject({ ...tags, displayName: text.max(255).optional(), vectorStoreConnectorId: text }),
};

export const clusterBodies: { readonly create: Body; readonly update: Body } = {
  create: z.strictObject({
    ...owned,
    type: z.enum(["HOSTING", "FINE_TUNING"]),
    unitCount: whole,
    unitShape: text,
  }),
  update: z.strictObject({ ...common, unitCount: whole.optional() }),
};

const protection = z
  .strictObject({
    isEnabled: z.boolean(),
    mode: z.enum(["INFORM", "BLOCK"]).optional(),
    modelId: text.optional(),
  })
  .optional();
const endpointFields = {
  generativeAiPrivateEndpointId: text.optional(),
  contentModerationConfig: protection,
  promptInjectionConfig: protection,
  piiDetectionConfig: protection,
};

export const endpointBodies: { readonly create: Body; readonly update: Body } = {
  create: z.strictObject({ ...owned, ...endpointFields, modelId: text, dedicatedAiClusterId: text }),
  update: z.strictObject({ ...common, ...endpointFields }),
};

const training = {
  totalTrainingEpochs: whole.optional(),
  learningRate: z.number().positive().optional(),
  trainingBatchSize: whole.optional(),
  earlyStoppingPatience: z.int().optional(),
  earlyStoppingThreshold: z.number().optional(),
  logModelMetricsIntervalInSteps: z.int().optional(),
};
const trainingConfig = z.discriminatedUnion("trainingConfigType", [
  z.strictObject({ ...training, trainingConfigType: z.literal("TFEW_TRAINING_CONFIG") }),
  z.strictObject({
    ...training,
    trainingConfigType: z.literal("VANILLA_TRAINING_CONFIG"),
    numOfLastLayers: z.int().optional(),
  }),
  z.strictObject({
    ...training,
    trainingConfigType: z.literal("LORA_TRAINING_CONFIG"),
    loraR: z.int().optional(),
    loraAlpha: z.int().optional(),
    loraDropout: z.number().optional(),
  }),
]);
const edition = { vendor: z.string().optional(), version: z.string().optional() };

export const modelBodies: { readonly create: Body; readonly update: Body } = {
  create: z.strictObject({
    ...owned,
    ...edition,
    baseModelId: text,
    fineTuneDetails: z.strictObject({
      dedicatedAiClusterId: text,
      trainingDataset: z.strictObject({
        datasetType: z.literal("OBJECT_STORAGE"),
        namespaceName: text,
        bucketName: text,
        objectName: text,
      }),
      trainingConfig: trainingConfig.optional(),
    }),
  }),
  update: z.strictObject({ ...common, ...edition }),
};

export const moveBody: z.ZodType<{ readonly compartmentId: string }> = z.strictObject({
  compartmentId: text,
});
