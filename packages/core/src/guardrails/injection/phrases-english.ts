/** English. */
import { ADDRESS, EXFILTRATION, LEAK, OVERRIDE, ROLE, row, SECRECY, type Signal } from "./signal.ts";

const RULES_EN =
  "instructions?|prompts?|rules?|guidelines?|directions?|directives?|commands?|orders|context|constraints?|restrictions?|programming|training|guardrails?|polic(?:y|ies)|safeguards?|everything|conversation";
const BEFORE_EN =
  "previous(?:ly)?|prior|above|earlier|preceding|former|foregoing|original|initial|existing|all|any|your|system|developer|safety|content|these|those|my last|the rest|before";
const DROP_EN =
  "ignore|ignoring|disregard|disregarding|forget|override|overrule|bypass|neglect|discard|abandon|circumvent|drop|skip|violate|do not (?:follow|obey)|don't (?:follow|obey)|stop (?:following|obeying)|pay no attention to|cancel|erase|delete|reset|void";

export const ENGLISH: readonly Signal[] = [
  row(OVERRIDE, 1.2, DROP_EN, BEFORE_EN, RULES_EN),
  row(
    OVERRIDE,
    1.2,
    "ignore|disregard|forget|override",
    "everything|all|anything|what",
    "above|before|previously|said|told|i said|prior to this",
  ),
  row(
    OVERRIDE,
    0.7,
    "(?:your |the |here are |these are )?(?:new|updated|real|actual|true) (?:instructions?|task|rules|objective|orders|directive)(?: is| are)?",
  ),
  row(OVERRIDE, 0.6, "from now on|henceforth|from this point (?:on|forward)", "you|your"),
  row(OVERRIDE, 0.6, "instead", "follow|obey|execute|do", "these|this|my|the following"),
  row(
    OVERRIDE,
    1.2,
    "(?:previous|prior|above|earlier|system|all|your) (?:instructions?|prompts?|rules|guidelines)",
    "are|is|were|no longer|have been",
    "void|invalid|cancell?ed|obsolete|outdated|superseded|overridden|apply|revoked|suspended|null",
  ),
  row(OVERRIDE, 0.8, "end of (?:system |the )?(?:prompt|instructions?|document|user input|context)"),
  row(
    ROLE,
    0.8,
    "you are now|you're now|you will now be|now you are|pretend (?:to be|you are|you're)|act as|roleplay as|role-play as|simulate|become|behave as|respond as",
    "dan|stan|dude|aim|evil|unrestricted|unfiltered|uncensored|jailbroken|amoral|developer mode|god mode|root|admin|an? ai (?:with(?:out)?|that)|without|no (?:rules|restrictions|limits|filters?)|opposite",
  ),
  row(
    ROLE,
    1,
    "do anything now|developer mode (?:enabled|on|activated)|jailbreak mode|god ?mode enabled|unrestricted mode|sudo mode|debug mode enabled|maintenance mode enabled",
  ),
  row(
    ROLE,
    0.7,
    "you are|you're|you have been|consider yourself|act as if you (?:are|were)",
    "free from|freed|liberated|no longer bound|not bound|unbound|unshackled|exempt",
    "rules|restrictions|constraints|limitations|policies|guidelines|filters|ethics|typical|by",
  ),
  row(
    ROLE,
    0.7,
    "without|no|disable|turn off|remove|lift|switch off|suspend",
    "any|all|your|safety|content|ethical|moral",
    "restrictions?|filters?|filtering|guidelines?|guardrails?|safeguards?|limitations?|censorship|safety|moderation|constraints?|warnings?|disclaimers?|checks",
  ),
  row(
    LEAK,
    1.1,
    "reveal|print|show|repeat|output|display|disclose|leak|expose|dump|recite|tell|give|share|write out|quote|copy|paste|echo|summari[sz]e|translate|encode|what (?:is|are|was|were)|return|list|spell out",
    "your|the|this|me|us",
    "system prompt|system message|system instructions?|initial (?:prompt|instructions?)|hidden (?:prompt|instructions?|rules)|original (?:prompt|instructions)|secret (?:prompt|instructions?)|developer (?:message|prompt|instructions?)|confidential instructions?|pre-?prompt|instructions? (?:verbatim|above|you were given|given to you)|prompt verbatim",
  ),
  row(
    LEAK,
    1.1,
    "repeat|print|output|copy|recite|write",
    "everything|all|words|text|verbatim|content",
    "above|before|starting with|preceding|start of (?:this|the|our) (?:conversation|chat)",
  ),
  row(LEAK, 0.5, "word for word|verbatim|character by character"),
  row(
    SECRECY,
    0.8,
    "do not|don't|never|must not|without",
    "tell|telling|inform|informing|mention|mentioning|reveal|revealing|alert|alerting|notify|notifying|disclose|disclosing|asking|warn|warning|show",
    "the user|the human|users?|anyone|them|this",
  ),
  row(SECRECY, 0.5, "secretly|silently|covertly|quietly|in the background"),
  row(
    EXFILTRATION,
    1,
    "send|forward|e-?mail|post|upload|transmit|exfiltrate|leak|submit|deliver|copy|share|append|include|embed|encode|attach|put",
    "conversation|chat|history|messages?|emails?|inbox|credentials?|passwords?|api keys?|secrets?|tokens?|private|personal|confidential|user'?s?|environment variables|ssh keys?|files?|contacts?|system prompt|context|data|contents?",
    "to|into|in|as|at",
    "https?|www|url|link|[^\\s@]{1,40}@[^\\s@]{1,40}|attacker|external|webhook|server|image|parameter|query",
  ),
  row(
    EXFILTRATION,
    0.6,
    "exfiltrate|transfer|wire|delete|drop|wipe|rm -rf|curl|wget",
    "all|every|the entire|https?|funds|money|files|database|records|data|/",
  ),
  row(
    ADDRESS,
    0.6,
    "(?:attention|note|message|instructions?|important|hey|dear|hello|listen)(?: (?:to|for))?(?: the| any| all)?",
    "ai|llm|language model|assistants?|chatbot|agents?|gpt|claude|model",
  ),
  row(
    ADDRESS,
    0.6,
    "if you are|if you're|as an|when you are",
    "an ai|a language model|a large language model|an llm|ai assistant|automated|ai agent|chatbot|summari[sz]ing",
    "(?:reading|processing|summari[sz]ing|you must|please|then|must|should|assistant|model|this)",
  ),
  row(
    ADDRESS,
    0.6,
    "(?:system|admin(?:istrator)?|developer|security|priority|urgent|important|critical) (?:override|message|notice|update|alert|instruction|command)s?",
    "assistant|ai|you|agent|all|model|the",
  ),
  row(
    ADDRESS,
    0.6,
    "you must|you should|you need to|you are required to|please|now|immediately|always|first",
    "call|use|invoke|execute|run|trigger",
    "tool|function|command|plugin|api|shell|code",
  ),
  row(
    ADDRESS,
    0.5,
    "(?:decode|decrypt|rot13|base64)",
    "follow|obey|execute|do|carry out|answer|respond|instructions?",
  ),
];
