// What an emulator was told about projects, endpoints and server-side state, with the defaults filled in.

/** How the service keeps what Responses and Conversations leave with it. */
export interface ServerStateOptions {
  /** Life of a response from its creation, in milliseconds on the emulator's clock; default 30 days. */
  readonly responseTtlMs?: number;
  /** Life of a conversation from its last change, in milliseconds on the emulator's clock; default 30 days. */
  readonly conversationTtlMs?: number;
  /** Status for a `previous_response_id` that is unknown or expired; default 404. */
  readonly lostStateStatus?: 404 | 400;
  /** Status for a request without the project it needs; default 404. */
  readonly missingProjectStatus?: 404 | 400;
  /** The organisation has Zero Data Retention: nothing is stored and nothing can be continued. Default false. */
  readonly zeroDataRetention?: boolean;
}

/** A dedicated AI cluster's endpoint. */
export interface DedicatedEndpoint {
  /** Model that it serves, whose family's rules hold; default one of its own that calls tools in its text. */
  readonly model?: string;
  /** Whether it takes `isStream`; default true. */
  readonly streaming?: boolean;
}

export interface Settings {
  readonly projects: readonly string[] | undefined;
  readonly endpoints: Readonly<Record<string, DedicatedEndpoint>> | undefined;
  readonly responseTtlMs: number;
  readonly conversationTtlMs: number;
  readonly lostStateStatus: 404 | 400;
  readonly missingProjectStatus: 404 | 400;
  /** Can be switched while the emulator runs. */
  zeroDataRetention: boolean;
}

const monthMs = 30 * 24 * 3_600_000;

export function settingsOf(options: {
  readonly projects?: readonly string[];
  readonly endpoints?: Readonly<Record<string, DedicatedEndpoint>>;
  readonly serverState?: ServerStateOptions;
}): Settings {
  const { serverState = {} } = options;
  return {
    projects: options.projects,
    endpoints: options.endpoints,
    responseTtlMs: serverState.responseTtlMs ?? monthMs,
    conversationTtlMs: serverState.conversationTtlMs ?? monthMs,
    lostStateStatus: serverState.lostStateStatus ?? 404,
    missingProjectStatus: serverState.missingProjectStatus ?? 404,
    zeroDataRetention: serverState.zeroDataRetention ?? false,
  };
}
