/** English. */
import {
  ADDRESS,
  DEMAND,
  EXFILTRATION,
  LEAK,
  MARK,
  OVERRIDE,
  ROLE,
  row,
  SECRECY,
  type Signal,
} from "./signal.ts";

const RULES =
  "instructions?|prompts?|rules?|guidelines?|directions?|directives?|commands?|context|constraints?|restrictions?|programming|guardrails?|polic(?:y|ies)|safeguards?";
const OURS =
  "previous(?:ly)?|prior|above|earlier|preceding|former|foregoing|original|initial|existing|your|system|developer|safety|content|my last|before";
const DROP =
  "(?<!(?:don't|do not|never|not) )(?:ignore|ignoring|disregard|disregarding|override|overrule|bypass|neglect|discard|abandon|circumvent|violate)|do not (?:follow|obey)|don't (?:follow|obey)|stop (?:following|obeying)|pay no attention to|(?:do not|don't) pay attention to|not going to follow|no longer follow";
const FORGET = "(?<!(?:don't|do not|never|not) )forget";
const FREE =
  "dan|stan|evil|unrestricted|unfiltered|uncensored|jailbroken|amoral|developer mode|god mode|without (?:any )?(?:ethic|restrict|rule|limit|filter|safety|guardrail|moral|censor)\\w{0,12}|no (?:rules|restrictions|limits|filters?|guidelines|ethics)|no longer bound|not bound";
const PROMPT =
  "system prompt|system message|system instructions?|initial (?:prompt|instructions?)|hidden (?:prompt|instructions?|rules)|original (?:prompt|instructions)|secret (?:prompt|instructions?)|developer (?:message|prompt|instructions?)|confidential instructions?|pre-?prompt|instructions? (?:verbatim|word for word|you were given|given to you)";
const TELL =
  "reveal|print|show|repeat|output|display|disclose|leak|expose|dump|recite|tell|give|share|write out|quote|copy|paste|echo|summari[sz]e|translate|encode|return|list|spell out";

export const ENGLISH: readonly Signal[] = [
  row(
    OVERRIDE,
    1,
    "(?:do not|don't) (?:follow|obey)",
    "instructions|rules",
    "of the (?:developer|system|operator)",
  ),
  row(OVERRIDE, 0.6, "ignore", "(?:what )?the user(?:'s)?(?! manual| guide| interface)"),
  row(
    ROLE,
    0.7,
    "you are|you're|you have",
    "unrestricted|unfiltered|uncensored|no (?:restrictions|filters|rules|limits)",
  ),
  row(ROLE, 1, "you (?:have been|are) jailbroken|(?:respond|answer|act) as evil ?\\w{0,12}"),
  row(LEAK, 1.1, "exact (?:words|text|wording|contents?)|wording", "of your (?:system )?prompt"),
  row(SECRECY, 0.8, "must not|never|not to", "be (?:mentioned|told|shown|revealed)", "user|users|human"),
  row(SECRECY, 0.6, "do not|don't|never", "mention|reveal", "this (?:note|message|instruction|text)"),
  row(EXFILTRATION, 0.6, "list|print|reveal|output|show", "all", "api keys?|secrets|passwords|credentials"),
  row(DEMAND, 0.5, "before (?:you )?answer(?:ing)?|instead", "call|run|execute|invoke|reply|respond|answer"),
  row(DEMAND, 0.5, "comply with (?:all|any|every) requests?"),
  row(ADDRESS, 0.5, "system override"),
  row(
    ADDRESS,
    1,
    "(?:ai|llm) (?:agents?|assistants?|models?|systems?|crawlers?)",
    "reading|processing|summari[sz]ing|visiting|parsing",
    "must|should|have to|are required|need to",
  ),
  row(
    ADDRESS,
    1,
    "(?:note|message|instructions?|attention)(?: to| for)?",
    "(?:all |any )?(?:ai|llm)(?:s| agents?| assistants?| models?)",
    "when|must|should|please|do not|you",
  ),
  row(OVERRIDE, 1.2, DROP, OURS, RULES),
  row(
    OVERRIDE,
    1.2,
    DROP,
    "all|any|these|those|the rest",
    "instructions?|prompts?|guidelines?|directions?|directives?|safeguards?|guardrails?",
  ),
  row(
    OVERRIDE,
    1.1,
    `drop|${FORGET}`,
    "all (?:the |your )?(?:other |previous )?(?:tasks|assignments|prompts|instructions)",
  ),
  row(OVERRIDE, 1.2, FORGET, OURS, RULES),
  row(
    OVERRIDE,
    1.2,
    `${DROP}|${FORGET}`,
    "everything|all|anything|what",
    "above|before|previously|said|told|prior to this",
  ),
  row(
    OVERRIDE,
    0.7,
    "(?:your |the |here are |these are )?(?:new|updated|real|actual|true) (?:instructions?|task|rules|objective|orders|directive)(?: is| are)?",
  ),
  row(OVERRIDE, 0.6, "from now on|henceforth|from this point (?:on|forward)", "you|your"),
  row(OVERRIDE, 0.6, "instead", "follow|obey|execute", "these|this|my|the following"),
  row(
    OVERRIDE,
    1.2,
    "(?:previous|prior|above|earlier|system|your) (?:instructions?|prompts?|rules|guidelines)",
    "void|invalid|cancell?ed|obsolete|superseded|overridden|no longer apply|revoked|suspended|null",
  ),
  row(MARK, 0.8, "end of (?:the )?(?:system )?(?:prompt|instructions?|document|user input|context)"),
  row(
    ROLE,
    1,
    "you are now|you're now|you will now be|now you are|pretend|act|roleplay|role-play|simulate|behave|respond|answer",
    FREE,
  ),
  row(
    ROLE,
    0.6,
    "you are now|you will now be|you have become",
    "an? (?:ai|assistant|bot|model|hacker|root|admin|evil)",
  ),
  row(ROLE, 1, "do anything now|jailbreak mode|unrestricted mode|god ?mode enabled"),
  row(
    ROLE,
    0.6,
    "(?:developer|debug|sudo|maintenance|admin|root) mode(?: is)?(?: now)? (?:enabled|on|activated|active)",
  ),
  row(
    ROLE,
    1,
    "you are|you're|you have been|consider yourself|you were|an? ai|assistant|model",
    "free from|freed from|liberated from|no longer bound|not bound|unbound|unshackled|exempt from|no longer subject",
    "rules|restrictions|constraints|limitations|policies|policy|guidelines|filters|ethics",
  ),
  row(
    ROLE,
    0.7,
    "without|disable|turn off|remove|lift|switch off|suspend",
    "any|all|your|safety|content|ethical|moral",
    "restrictions?|filters?|filtering|guidelines?|guardrails?|safeguards?|limitations?|censorship|moderation|constraints?|disclaimers?",
  ),
  row(
    ROLE,
    0.7,
    "safety (?:rules|filters?|checks?|guidelines|protocols?)|content polic(?:y|ies)|guardrails|restrictions",
    "suspended|disabled|lifted|removed|deactivated|turned off|no longer apply",
  ),
  row(
    LEAK,
    1.1,
    TELL,
    `(?:your|the)(?: (?:full|entire|exact|whole|complete|own|first))?(?: text (?:of|in) (?:the|your))? (?:${PROMPT})`,
  ),
  row(
    LEAK,
    1.1,
    `what (?:is|are|was|were)|${TELL}`,
    "your",
    `(?:${PROMPT}|instructions verbatim)(?! (?:good|useful|meant|used|made))`,
  ),
  row(LEAK, 1.1, `what (?:is|are|was|were)|start with|${TELL}`, "your (?:own |full |exact )?prompts?"),
  row(LEAK, 0.9, TELL, "your (?:own |full |exact )?(?:instructions|context window)(?! (?:for|on|about))"),
  row(LEAK, 0.6, TELL, "them|it|your (?:prompt|instructions|rules)", "verbatim|word for word|exactly"),
  row(
    LEAK,
    1.1,
    "repeat|print|output|copy|recite|write",
    "everything|all|words|text|verbatim|content",
    "above(?! (?:\\d|aloud|out loud))|preceding|start of (?:this|the|our) (?:conversation|chat)",
  ),
  row(
    SECRECY,
    0.8,
    "do not|don't|never|must not|without",
    "tell|telling|inform|informing|mention|mentioning|reveal|revealing|alert|alerting|notify|notifying|disclose|disclosing|asking|warn|warning",
    "the user|the human|users|anyone",
  ),
  row(SECRECY, 0.5, "secretly|silently|covertly|without (?:asking|confirmation)"),
  row(
    EXFILTRATION,
    1,
    "send|forward|e-?mail|post|upload|transmit|exfiltrate|leak|submit|deliver|copy|share|append|include|embed|encode|attach|put",
    "conversation|chat|history|inbox|emails|credentials?|passwords?|api keys?|secrets?|tokens?|private|personal|confidential|user'?s?|environment variables|ssh keys?|contacts?|system prompt|context|customer|database",
    "to|into|in|as|at|with",
    "https?|url|[^\\s@]{1,40}@[^\\s@]{1,40}|attacker|external|webhook|parameter|query",
  ),
  row(
    EXFILTRATION,
    0.6,
    "exfiltrate|transfer|wire|wipe|rm -rf|curl|wget",
    "all|every|the entire|https?|funds|money|database|/",
  ),
  row(
    ADDRESS,
    0.6,
    "(?:attention|note|important|hey|listen)(?: (?:to|for))?(?: the| any| all)?",
    "ai|llm|language model|ai assistant|assistants|chatbot|agents|gpt|claude",
  ),
  row(
    ADDRESS,
    0.6,
    "(?:message|instructions?|note) (?:to|for) (?:the )?(?:ai|llm|language model|assistant|agent|model)(?: agent| assistant)?|to the (?:ai|llm|language model)(?: agent| assistant)?|dear (?:ai|llm)|assistant must",
  ),
  row(
    ADDRESS,
    0.6,
    "if you are|if you're|as|when you are",
    "an ai(?: assistant| agent)?|a language model|a large language model|an llm|ai assistant|ai agent|chatbot|summari[sz]ing",
    "reading|processing|you must|please|then|must|should|this",
  ),
  row(
    ADDRESS,
    0.6,
    "(?:system|admin(?:istrator)?|developer|security|priority) (?:override|message|notice|alert|instruction|command)s?",
    "assistant|ai|agent|model",
  ),
  row(
    DEMAND,
    0.6,
    "you must|you should|you need to|you are required to|please|immediately",
    "call|use|invoke|execute|run|trigger",
    "tool|function|plugin|shell",
  ),
  row(ADDRESS, 0.5, "(?:decode|decrypt)", "follow|obey|execute|carry out"),
];
