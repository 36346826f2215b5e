// `code_interpreter`: no Python runs, but the numbers are right and the files are really there.
import type { Workspace } from "../../question.ts";
import { numbers as numbersIn, salient } from "../words.ts";
import { type Calculation, calculate } from "./compute.ts";
import type { Errand, Finding } from "./errand.ts";
import { barChart } from "./png.ts";
import { readTable, summaries } from "./table.ts";

export function runCode({ question, hosted, prompt, tool, forced }: Errand): Finding | undefined {
  const wants = calculate(prompt);
  const wanted = outputName(prompt);
  const named = fileNames(prompt);
  const python = /\b(python|code interpreter|run (some |the |this )?code)\b/i.test(prompt);
  if (!forced && wants === undefined && wanted === undefined && named.length === 0 && !python)
    return undefined;
  const opened = hosted.open(tool);
  if (!opened.ok) return { items: [], error: opened.error };
  const workspace = opened.value;
  const input = workspace.files.find(({ filename }) => named.includes(filename.toLowerCase()));
  const missing = wanted === undefined && wants === undefined ? named[0] : undefined;
  const worked =
    (input === undefined ? undefined : readFile(input, prompt)) ??
    wants ??
    (missing === undefined ? undefined : notThere(missing)) ??
    listed(prompt);
  const output = input?.filename.toLowerCase() === wanted?.toLowerCase() ? undefined : wanted;
  const written = output === undefined ? undefined : write(workspace, output, worked);
  const { include } = question.body;
  const shown = Array.isArray(include) && include.includes("code_interpreter_call.outputs");
  const item = {
    type: "code_interpreter_call",
    status: "completed",
    container_id: workspace.id,
    code: [worked.code, ...(written === undefined ? [] : [written.code])].join("\n"),
    outputs: shown ? [{ type: "logs", logs: worked.logs }] : null,
  };
  return { items: [item], ...say(worked.told, workspace, written) };
}

interface Written {
  readonly code: string;
  readonly file: { readonly id: string; readonly filename: string } | undefined;
}

function say(
  told: string,
  { id }: Workspace,
  written: Written | undefined,
): Pick<Finding, "text" | "annotations"> {
  if (written === undefined) return { text: told };
  if (written.file === undefined) return { text: `${told} There was no room left to save it.` };
  const { filename } = written.file;
  const before = `${told} It is saved as [${filename}](`;
  const link = `sandbox:/mnt/data/${filename}`;
  const citation = {
    type: "container_file_citation",
    container_id: id,
    file_id: written.file.id,
    filename,
    start_index: before.length,
    end_index: before.length + link.length,
  };
  return { text: `${before}${link}).`, annotations: [citation] };
}

/** Names of files in a prompt, in lower case. */
const fileNames = (prompt: string): readonly string[] =>
  (
    prompt.match(/(?<![\w./-])[\w-]+\.(?:csv|tsv|txt|md|json|py|html|svg|log|png|jpe?g|xlsx?|pdf)\b/gi) ?? []
  ).map((name) => name.toLowerCase());

const making = /\b(save|write|create|make|export|generate|produce|store|plot|draw|output)\b/i;
const charts = /\b(charts?|plots?|graphs?|histograms?|diagrams?)\b/i;

/** What the file is to be called that the prompt asks for: the last one it names, or after its kind. */
function outputName(prompt: string): string | undefined {
  if (!making.test(prompt)) return undefined;
  const verb = making.exec(prompt)?.index ?? 0;
  const named = /(?<![\w./-])[\w-]+\.[a-z]{2,5}\b/gi;
  const after = prompt.slice(verb).match(named)?.at(-1);
  if (after !== undefined && fileNames(after).length > 0) return after;
  if (charts.test(prompt)) return "chart.png";
  if (/\b(csv|spreadsheet|table)\b/i.test(prompt)) return "data.csv";
  return /\bfiles?\b/i.test(prompt) ? "result.txt" : undefined;
}

/** The figures that the prompt asks of a file; of a file without numbers, how many lines it has. */
function readFile(file: Workspace["files"][number], prompt: string): Calculation {
  const { filename } = file;
  const table = readTable(file.bytes);
  const found = summaries(table, prompt);
  const figures = found.flatMap(({ name, figures: told }) =>
    told.map((figure) => ({ ...figure, column: name })),
  );
  const path = `/mnt/data/${filename}`;
  if (figures.length === 0) {
    return {
      code: `print(len(open("${path}").readlines()))`,
      logs: `${table.rows}\n`,
      told: `${filename} has ${file.bytes.length} bytes, ${table.rows} rows and no column of numbers.`,
      numbers: [],
    };
  }
  const code = [
    "import csv",
    `rows = list(csv.DictReader(open("${path}")))`,
    "print(len(rows))",
    ...figures.flatMap(({ column, python }) => [
      `values = [float(row[${JSON.stringify(column)}]) for row in rows if row[${JSON.stringify(column)}]]`,
      `print(${python})`,
    ]),
  ].join("\n");
  const told = figures.map(({ column, name, value }) => `the ${name} of ${column} is ${value}`).join(", ");
  return {
    code,
    logs: [table.rows, ...figures.map(({ value }) => value)].map((value) => `${value}\n`).join(""),
    told: `${filename} has ${table.rows} rows: ${told}.`,
    numbers: figures.map(({ value }) => value),
  };
}

const notThere = (filename: string): Calculation => ({
  code: `print(open("/mnt/data/${filename}").read())`,
  logs: `FileNotFoundError: [Errno 2] No such file or directory: '/mnt/data/${filename}'\n`,
  told: `There is no ${filename} in the container.`,
  numbers: [],
});

/** Nothing to work out: the numbers of the prompt as they are. */
function listed(prompt: string): Calculation {
  const numbers = numbersIn(prompt);
  return {
    code: `numbers = [${numbers.join(", ")}]\nprint(numbers)`,
    logs: `[${numbers.join(", ")}]\n`,
    told:
      numbers.length === 0
        ? `I ran the python tool for "${salient(prompt)}".`
        : `The numbers are ${numbers.join(", ")}.`,
    numbers,
  };
}

function write(workspace: Workspace, filename: string, { numbers, told }: Calculation): Written {
  const extension = filename.toLowerCase().split(".").at(-1) ?? "";
  const path = `/mnt/data/${filename}`;
  const [bytes, code] = contentOf(extension, numbers, told);
  return { code: code.replaceAll("PATH", path), file: workspace.save(filename, bytes) };
}

function contentOf(
  extension: string,
  numbers: readonly number[],
  told: string,
): readonly [bytes: Uint8Array, code: string] {
  const separator = extension === "tsv" ? "\t" : ",";
  const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
  switch (extension) {
    case "csv":
    case "tsv": {
      const rows = numbers.map((value, at) => `${at + 1}${separator}${value}\n`);
      return [
        utf8(`n${separator}value\n${rows.join("")}`),
        'with open("PATH", "w") as file:\n    file.write("n,value\\n")\n    file.writelines(f"{n},{value}\\n" for n, value in enumerate(numbers, 1))',
      ];
    }
    case "json":
      return [utf8(`${JSON.stringify({ told, numbers })}\n`), 'json.dump(numbers, open("PATH", "w"))'];
    case "png":
      return [barChart(numbers.slice(0, 200)), 'plt.bar(range(len(numbers)), numbers)\nplt.savefig("PATH")'];
    default:
      return [utf8(`${told}\n`), `open("PATH", "w").write(${JSON.stringify(told)})`];
  }
}
