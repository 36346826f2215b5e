/** OCI's guardrails as a detector of `guardrailsHook`: the service looks, the hook acts. */
import { ConfigurationError, type Detector, type Finding } from "@locus-sdk/core";
import type { GuardrailChecks, GuardrailResult, OCIGuardrails } from "./guardrails.ts";

/** What the service is asked to look for, and from what score a finding counts. */
export interface OCIGuardrailsDetectorOptions extends Omit<GuardrailChecks, "signal" | "onRetry"> {
  /** For events and rules. Default `"oci-guardrails"`. */
  readonly name?: string | undefined;
  /** 0 to 1. Default 0.5. */
  readonly minScore?: number | undefined;
}

/**
 * A detector that asks OCI's guardrails. Personal data is found by its place; moderation and prompt injection are of the text
 * as a whole, so `redact` takes all of it out. Each text is one request: a call that fails, or takes longer than the hook's
 * `detectorTimeoutMs`, lets nothing through.
 *
 * @throws ConfigurationError where nothing is asked for, or `minScore` is no number from 0 to 1.
 * @example
 * ```ts
 * import { guardrailsHook } from "@locus-sdk/core";
 * import { OCIGuardrails, ociGuardrailsDetector } from "@locus-sdk/oci";
 *
 * const service = new OCIGuardrails({ profile: "DEFAULT", region: "us-chicago-1" });
 * const detector = ociGuardrailsDetector(service, { promptInjection: true, contentModeration: true });
 * const hook = guardrailsHook({ detectors: [{ detector, actions: { input: "block", result: "block" } }] });
 * ```
 */
export function ociGuardrailsDetector(
  guardrails: Pick<OCIGuardrails, "apply">,
  { name = "oci-guardrails", minScore = 0.5, ...checks }: OCIGuardrailsDetectorOptions,
): Detector {
  const { contentModeration, personalData, promptInjection } = checks;
  if (contentModeration === undefined && personalData === undefined && promptInjection !== true) {
    throw new ConfigurationError("ociGuardrailsDetector: nothing is asked of the guardrails", {
      hint: "Give at least one of `contentModeration`, `personalData` and `promptInjection`.",
    });
  }
  if (!(minScore >= 0 && minScore <= 1)) {
    throw new ConfigurationError(
      `ociGuardrailsDetector: minScore must be a number from 0 to 1, not ${minScore}`,
    );
  }
  return {
    name,
    detect: async (text, { signal }) => {
      if (text.trim() === "") return [];
      return findingsOf(await guardrails.apply(text, { ...checks, signal }), text, name, minScore);
    },
  };
}

function findingsOf(
  found: GuardrailResult,
  text: string,
  detector: string,
  minScore: number,
): readonly Finding[] {
  const { contentModeration = [], personalData = [], promptInjection } = found;
  const whole = (kind: string, confidence: number): Finding => ({
    detector,
    start: 0,
    end: text.length,
    kind,
    confidence,
  });
  return [
    ...contentModeration
      .filter(({ score }) => score >= minScore)
      .map(({ name, score }) => whole(`harmful content (${words(name)})`, score)),
    ...(promptInjection !== undefined && promptInjection.score >= minScore
      ? [whole("prompt injection", promptInjection.score)]
      : []),
    ...personalData
      .filter(({ score }) => score >= minScore)
      .map(({ label, score, ...place }) => ({
        detector,
        ...spanOf(text, place),
        kind: words(label),
        confidence: score,
      })),
  ];
}

/**
 * The place by UTF-16 code units. The service does not say in what it counts: where its own copy of the text is not at the
 * offset, characters are tried, and the whole text stands in for a place that is not found.
 */
function spanOf(
  text: string,
  {
    text: found,
    offset,
    length,
  }: { readonly text: string; readonly offset: number; readonly length: number },
): { readonly start: number; readonly end: number } {
  if (text.slice(offset, offset + length) === found) return { start: offset, end: offset + length };
  const before = Array.from(text).slice(0, offset).join("").length;
  if (found !== "" && text.startsWith(found, before)) return { start: before, end: before + found.length };
  return { start: 0, end: text.length };
}

/** `TELEPHONE_NUMBER` as it reads in a sentence. */
function words(label: string): string {
  return label.toLowerCase().replaceAll("_", " ");
}
