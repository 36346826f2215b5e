/** What is not a matter of words: marks of a model's format, and talk about attacks. */
import { MARK, type Signal } from "./signal.ts";

/** Marks that end one speaker's turn in a model's own format and begin another's. Read against the original text. */
export const DELIMITERS: readonly Signal[] = [
  {
    kind: MARK,
    weight: 1,
    pattern:
      /<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id|end_header_id|begin_of_text|end|sep|tool_call)\|>/gi,
  },
  {
    kind: MARK,
    weight: 1,
    pattern:
      /\[\/?INST\]|<<\/?SYS>>|<\/?(?:system|assistant|system_prompt|system-prompt|instructions)>|\[\/?(?:SYSTEM|system)(?: (?:PROMPT|MESSAGE|prompt|message))?\]/g,
  },
  {
    kind: MARK,
    weight: 0.7,
    pattern:
      /^[ \t]{0,8}(?:#{1,6}|\*\*|-{2,}|={3,})[ \t]{0,4}(?:system|instructions?|new instructions?|assistant|admin|developer)\b[ \t]{0,4}(?:prompt|message|override)?[ \t]{0,4}[:*=#-]/gim,
  },
  {
    kind: MARK,
    weight: 0.6,
    pattern: /^[ \t]{0,8}(?:system|assistant|human|developer)[ \t]{0,4}:/gim,
  },
  {
    kind: MARK,
    weight: 0.8,
    pattern: /["']role["'][ \t]{0,4}:[ \t]{0,4}["'](?:system|developer)["']/gi,
  },
];

/** What a page holds and does not show; every other page does, so that it counts for little alone. */
export const UNSEEN: Signal = {
  kind: "hidden text",
  weight: 0.5,
  pattern:
    /<[a-z]{1,10}\b[^<>]{0,300}?(?:display\s{0,4}:\s{0,4}none|visibility\s{0,4}:\s{0,4}hidden|font-size\s{0,4}:\s{0,4}0|opacity\s{0,4}:\s{0,4}0(?![.\d]))[^<>]{0,300}>/gi,
};

/** After an override: what it is about, where that is no rule of the model's. "Disregard the instructions about parking." */
export const TOPIC: RegExp =
  /^[\s,]{0,3}(?:(?:anterior(?:es)?|pr[e\u00e9]c[e\u00e9]dente?s?) )?(?:(?:about|regarding|concerning|pour|sur|sobre|de la|du|uber|zum|zur) (?!(?:all|any|every|safety|security|your?|this|system|la securite|la seguridad)\b)\p{L}|for (?:this|the) (?:file|line|block|parking|recipe|form|meeting|delivery)\b)/iu;

/** Words of people who talk about attacks, and do not make one. */
export const DISCUSSION: RegExp =
  /prompt[ -]?injections?|jail ?break(?:s|ing)?\b|\battack(?:s|ers?|ing)?\b|adversar|malicious|red[ -]?team|owasp|\b(?:phrases?|sentences?|strings?|words|text|payloads?|wording|expressions?) (?:like|such as)|for example|\be\.g\.|such as|guardrails?|detector|classifier|filter(?:s|ed|ing)? (?:for|out)|what does|means?\b|blog|article|paper|research|vulnerabilit|exploit|angriff|angreifer|zum beispiel|attaque|attaquant|par exemple|ataque|atacante|por ejemplo|der satz|la phrase|la frase|test (?:case|suite|that)|delimiters?\b|special tokens?|tokenizer|chatml|the user (?:asked|said|wrote)/u;
