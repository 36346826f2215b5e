/** Which model goes over which transport: one table, read from the top, that explains itself. */
import { ConfigurationError } from "@locus-sdk/core";
import type { OciOptions, OciTransport } from "./config/options.ts";
import { requestedTransport } from "./config/resolve.ts";

export type ServingMode = "on-demand" | "dedicated";
/** The shape of a native request's body. */
export type ApiFormat = "GENERIC" | "COHERE" | "COHEREV2";

/** How a model is reached, and why. */
export interface Route {
  readonly transport: OciTransport;
  /** On the native transport. */
  readonly servingMode?: ServingMode;
  /** On the native transport, where the id tells; otherwise the model behind the OCID decides. */
  readonly apiFormat?: ApiFormat;
  /** The rule of the table, in a sentence. */
  readonly rule: string;
  /** What went over the table: the `transport` option or `LOCUS_OCI_TRANSPORT`. */
  readonly overriddenBy?: string;
}

interface RouteRow {
  readonly models: RegExp;
  readonly rule: string;
  readonly transport: OciTransport;
  readonly servingMode?: ServingMode;
  readonly apiFormat?: ApiFormat;
}

const NATIVE = { transport: "sdk", servingMode: "on-demand" } as const;

/** Read from the top; the last row takes everything, so that a new model works without a row. */
const ROUTES: readonly RouteRow[] = [
  {
    models: /^ocid1\.generativeaiendpoint\./,
    rule: "Dedicated endpoints are served by the native API only.",
    transport: "sdk",
    servingMode: "dedicated",
  },
  {
    models: /^ocid1\.generativeaimodel\./,
    rule: "Models of one's own, named by OCID, are served by the native API.",
    ...NATIVE,
  },
  {
    models: /^cohere\.command-a-(?:vision|reasoning)/,
    rule: "Cohere's vision and reasoning models speak the native API's second Cohere format.",
    ...NATIVE,
    apiFormat: "COHEREV2",
  },
  {
    models: /^cohere\./,
    rule: "Cohere is served by the native API; the OpenAI-compatible one refuses it.",
    ...NATIVE,
    apiFormat: "COHERE",
  },
  {
    models: /(?:)/,
    rule: "Everything else is served by chat completions, /openai/v1.",
    transport: "v1",
  },
];

/** Ids that one transport alone serves, and what to say of the others. */
const RESPONSES_ONLY: readonly RegExp[] = [/^xai\.grok-4\.20-multi-agent/, /^openai\.gpt-5\.5-pro/];
/** Ids that are no chat models at all. */
const NO_CHAT: readonly RegExp[] = [/^cohere\.(?:embed|rerank)-/];

const nativeFormat = (id: string): Pick<Route, "servingMode" | "apiFormat"> => {
  const row = ROUTES.find(({ models, transport }) => transport === "sdk" && models.test(id));
  if (row === undefined) return { servingMode: "on-demand", apiFormat: "GENERIC" };
  return {
    ...(row.servingMode && { servingMode: row.servingMode }),
    ...(row.apiFormat && { apiFormat: row.apiFormat }),
  };
};

/** The id of the model that is meant, as the service knows it: without `oci:` and the white space around it. */
export function modelIdOf(given: string): string {
  return given.trim().replace(/^oci:/i, "").trim();
}

/** The id the table is read with. */
const routingId = (modelId: string): string => modelIdOf(modelId).toLowerCase();

/**
 * How a model is reached, by which rule, and what overrides it. Pure but for `LOCUS_OCI_TRANSPORT`.
 *
 * @throws ConfigurationError when the transport in force cannot serve the model: ids known to be served by the
 *   Responses API only, or to be no chat models.
 * @example
 * ```ts
 * import { explainRoute } from "@locus-sdk/oci";
 *
 * const { transport, rule } = explainRoute("cohere.command-r-plus-08-2024");
 * console.log(`${transport}: ${rule}`);
 * ```
 */
export function explainRoute(modelId: string, options: Pick<OciOptions, "transport" | "env"> = {}): Route {
  const id = routingId(modelId);
  if (id === "") {
    throw new ConfigurationError("an OCI model needs an id", { hint: 'For example "openai.gpt-oss-120b".' });
  }
  if (NO_CHAT.some((models) => models.test(id))) {
    throw new ConfigurationError(`"${modelId}" is no chat model`, {
      code: "not_a_chat_model",
      hint: "It embeds or ranks texts. Choose a model that chats, for example cohere.command-a-03-2025.",
    });
  }
  const asked = requestedTransport(options);
  const row = ROUTES.find(({ models }) => models.test(id));
  const transport = asked?.transport ?? row?.transport ?? "v1";
  if (transport !== "responses" && RESPONSES_ONLY.some((models) => models.test(id))) {
    throw new ConfigurationError(
      `"${modelId}" is served by the Responses API only, and the transport in force is "${transport}"${asked === undefined ? "" : ` (${asked.from})`}`,
      { code: "responses_only", hint: 'Use OCIResponsesModel, or the option transport: "responses".' },
    );
  }
  const native = transport === "sdk" ? nativeFormat(id) : {};
  return Object.freeze({
    transport,
    ...native,
    rule: row?.rule ?? "",
    ...(asked !== undefined && asked.transport !== row?.transport && { overriddenBy: asked.from }),
  });
}
