// `file_search`: the best passage of the vector stores, quoted.
import { plainText } from "../../../json.ts";
import type { Errand, Finding } from "./errand.ts";

const longestQuote = 400;

export function searchFiles({ question, hosted, prompt, tool }: Errand): Finding {
  const found = hosted.search(tool, prompt);
  if (!found.ok) return { items: [], error: found.error };
  const { include } = question.body;
  const shown = Array.isArray(include) && include.includes("file_search_call.results");
  const item = {
    type: "file_search_call",
    status: "completed",
    queries: [prompt],
    results: shown
      ? found.value.map(({ fileId, filename, text, score, attributes }) => ({
          file_id: fileId,
          filename,
          score,
          text,
          attributes,
        }))
      : null,
  };
  const [best] = found.value;
  if (best === undefined)
    return { items: [item], text: "I searched the files and found nothing about that." };
  const passage = best.text.replace(/\s+/g, " ").trim();
  const quote = passage.length > longestQuote ? `${passage.slice(0, longestQuote)}…` : passage;
  const text = `${plainText(best.filename)} says: "${quote}"`;
  const citation = {
    type: "file_citation",
    file_id: best.fileId,
    filename: best.filename,
    index: text.length,
  };
  return { items: [item], text: `${text}.`, annotations: [citation] };
}
