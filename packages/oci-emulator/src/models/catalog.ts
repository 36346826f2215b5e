// The models that the control plane lists: a table of what the service is known to offer.
import { createHash } from "node:crypto";

/** A model as the control plane knows it. */
export interface CatalogModel {
  readonly name: string;
  readonly vendor: string;
  readonly version: string;
  readonly capabilities: readonly string[];
  readonly lifecycleState: "ACTIVE" | "CREATING" | "DELETED" | "FAILED";
  readonly isLongTermSupported: boolean;
  /** ISO 8601; on models that are on their way out. */
  readonly timeDeprecated?: string;
  readonly timeOnDemandRetired?: string;
}

const chat = ["CHAT"] as const;
const vision = ["CHAT", "IMAGE_TEXT_TO_TEXT"] as const;

type Row = readonly [name: string, capabilities: readonly string[], extra?: Partial<CatalogModel>];

const vendors: readonly (readonly [vendor: string, rows: readonly Row[]])[] = [
  [
    "cohere",
    [
      ["cohere.command-a-03-2025", chat, { isLongTermSupported: true }],
      ["cohere.command-a-reasoning-08-2025", chat],
      ["cohere.command-a-vision-07-2025", vision],
      ["cohere.command-r-08-2024", chat],
      ["cohere.command-r-plus-08-2024", ["CHAT", "FINE_TUNE"]],
      [
        "cohere.command-r-plus",
        chat,
        { timeDeprecated: "2025-01-16T00:00:00Z", timeOnDemandRetired: "2025-08-08T00:00:00Z" },
      ],
      ["cohere.command-light", ["TEXT_GENERATION", "FINE_TUNE"], { lifecycleState: "DELETED" }],
      ["cohere.embed-v4.0", ["TEXT_EMBEDDINGS"]],
      ["cohere.embed-english-v3.0", ["TEXT_EMBEDDINGS"]],
      ["cohere.embed-english-light-v3.0", ["TEXT_EMBEDDINGS"]],
      ["cohere.embed-multilingual-v3.0", ["TEXT_EMBEDDINGS"]],
      ["cohere.embed-multilingual-light-v3.0", ["TEXT_EMBEDDINGS"]],
      ["cohere.rerank-v3.5", ["TEXT_RERANK"]],
      ["cohere.rerank-v4.0-fast", ["TEXT_RERANK"]],
      ["cohere.rerank-v4.0-pro", ["TEXT_RERANK"]],
    ],
  ],
  [
    "meta",
    [
      ["meta.llama-3.3-70b-instruct", ["CHAT", "FINE_TUNE"], { isLongTermSupported: true }],
      ["meta.llama-3.2-90b-vision-instruct", vision],
      ["meta.llama-4-maverick-17b-128e-instruct-fp8", vision],
      ["meta.llama-4-scout-17b-16e-instruct", vision],
    ],
  ],
  [
    "google",
    [
      ["google.gemini-2.5-pro", vision],
      ["google.gemini-2.5-flash", vision],
      ["google.gemini-2.5-flash-lite", vision],
    ],
  ],
  [
    "xai",
    [
      ["xai.grok-3", chat],
      ["xai.grok-3-mini", chat],
      ["xai.grok-4", vision],
      ["xai.grok-4-fast-reasoning", vision],
      ["xai.grok-4-fast-non-reasoning", vision],
      ["xai.grok-4.20-multi-agent-0309", chat],
      ["xai.grok-code-fast-1", chat],
    ],
  ],
  [
    "openai",
    [
      ["openai.gpt-oss-120b", chat],
      ["openai.gpt-oss-20b", chat],
      ["openai.gpt-4o", vision],
      ["openai.gpt-4.1", vision],
      ["openai.gpt-5", vision],
      ["openai.gpt-audio", ["CHAT", "AUDIO_TO_TEXT"]],
    ],
  ],
];

const common = { version: "1.0", lifecycleState: "ACTIVE", isLongTermSupported: false } as const;

/** All models, in the order of the table. */
export const catalog: readonly CatalogModel[] = vendors.flatMap(([vendor, rows]) =>
  rows.map(([name, capabilities, extra]) => ({ name, vendor, capabilities, ...common, ...extra })),
);

/** A model that is not in the table. */
export const otherModel = (name: string): CatalogModel => ({
  name,
  vendor: name.split(".", 1)[0] ?? name,
  capabilities: ["CHAT"],
  ...common,
});

const base32 = "abcdefghijklmnopqrstuvwxyz234567";

/** A model's OCID: the same for the same name and region. */
export function modelOcid(name: string, region: string): string {
  const digest = createHash("sha512").update(name).digest();
  const unique = Array.from(digest.subarray(0, 48), (byte) => base32.charAt(byte % 32)).join("");
  return `ocid1.generativeaimodel.oc1.${region}.amaaaaaa${unique}`;
}

/** The name behind a model's OCID. */
export function nameOfModel(ocid: string, region: string): string | undefined {
  return catalog.find(({ name }) => modelOcid(name, region) === ocid)?.name;
}
