// `web_search` and `image_generation`, without a web and without a model: imagined, and said to be.
import { salient } from "../words.ts";
import type { Errand, Finding } from "./errand.ts";
import { barChart } from "./png.ts";

export function searchWeb({ question, prompt }: Errand): Finding {
  const query = salient(prompt);
  const url = `https://example.com/search?q=${encodeURIComponent(query)}`;
  const { include } = question.body;
  const shown = Array.isArray(include) && include.includes("web_search_call.action.sources");
  const item = {
    type: "web_search_call",
    status: "completed",
    action: {
      type: "search",
      query,
      queries: [query],
      ...(shown ? { sources: [{ type: "url", url }] } : {}),
    },
  };
  const before = `I imagined a search of the web for "${query}", as there is no network here: see `;
  const citation = {
    type: "url_citation",
    url,
    title: query,
    start_index: before.length,
    end_index: before.length + url.length,
  };
  return { items: [item], text: `${before}${url}.`, annotations: [citation] };
}

export function drawImage({ prompt }: Errand): Finding {
  // Bars as high as the words are long: the same prompt is always the same picture.
  const png = barChart((prompt.match(/\S+/g) ?? ["?"]).slice(0, 40).map(({ length }) => length));
  const item = {
    type: "image_generation_call",
    status: "completed",
    result: Buffer.from(png).toString("base64"),
    output_format: "png",
    revised_prompt: prompt,
  };
  return { items: [item], text: "Here is a picture made by rules: one bar for every word of your prompt." };
}
