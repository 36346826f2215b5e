/** Words that the rules know: English, as are their negations. Other languages are compared by figures, names and words. */

/** Hold sentences together and say nothing. */
export const STOP: ReadonlySet<string> = new Set(
  `a about above after again all also am an and any are as at be because been before being between both but by can could did do
  does doing down during each few for from further had has have having he her here hers him his how i if in into is it its itself
  just me more most my of off on once only or other our out over own per s same she should so some such t than that the their
  them then there these they this those through to too under until up very was we were what when where which while who whom why
  will with would you your according currently current based result results show shows showed total there's around about approximately
  roughly nearly almost which also km kmh kg cm mm gb mb kb ms sec min percent uhr`
    .split(/\s+/)
    .filter((word) => word !== ""),
);

export const NEGATIONS: ReadonlySet<string> = new Set(
  "not no never none nobody nothing neither nor without cannot cant dont doesnt didnt isnt arent wasnt werent wont hasnt havent hadnt shouldnt couldnt wouldnt unable kein keine keinen nicht nie ne pas jamais".split(
    " ",
  ),
);

/** Words that say the opposite of each other, on either side of the bar. */
export const OPPOSITES: readonly (readonly [readonly string[], readonly string[]])[] = [
  "increase increased increases rose rise rises grew grow growth gained raised raises climbed up higher lengthens lengthened longer | decrease decreased decreases fell fall falls dropped drop declined decline shrank lowered lowers reduced reduces down lost lower shortens shortened shorter",
  "open opened opens offen geöffnet | closed close closes shut geschlossen",
  "enabled on active activated | disabled off inactive deactivated",
  "approved accepted approves granted | rejected denied declined refused rejects",
  "passed passes succeeded successful success succeeds | failed fails failure unsuccessful failing",
  "available free | unavailable occupied booked",
  "healthy up online | unhealthy down offline",
  "before earlier | after later",
  "above exceeds exceeded | below",
  "more | less fewer",
  "maximum highest largest most max | minimum lowest smallest least min",
  "first | last",
  "true yes | false no",
  "safe | unsafe dangerous",
  "valid | invalid expired",
  "possible | impossible",
  "required mandatory must | optional",
  "include includes included including | exclude excludes excluded excluding",
  "public | private",
  "arrived arrives arrival | departed departs departure",
  "paid | unpaid outstanding",
  "hot warm | cold",
  "dry | wet",
  "all every everybody everyone | some few",
  "once | twice thrice",
  "kg | g mg",
  "gb | mb kb",
  "usd | eur gbp",
].map((row): readonly [readonly string[], readonly string[]] => {
  const [one = "", other = ""] = row.split(" | ");
  return [one.split(" "), other.split(" ")];
});

/** Begin sentences that state nothing. */
export const NO_CLAIM: RegExp =
  /^(?:hi|hello|hey|thanks|thank you|you(?:'|’)re welcome|sure|of course|certainly|sorry|i(?:'|’)m sorry|i apologi[sz]e|let me|i(?:'|’)ll|i will|i can|i could not|i couldn(?:'|’)t|i do not know|i don(?:'|’)t know|i am not sure|i(?:'|’)m not sure|ich wei(?:ß|ss) (?:es )?nicht|je ne sais pas|no lo sé|you (?:should|could|may want to|might want to)|i hope|please|feel free|if you|would you|do you|here (?:is|are)|note that i)\b/i;

/** Say what is not known, and by that state nothing. */
export const NOT_KNOWN: RegExp =
  /^(?:the |my |these |those )?(?:logs?|sources?|evidence|tools?|results?|documents?|data) (?:do|does)(?: not|n['’]t) (?:say|mention|tell|show)\b|\b(?:is|are) not known\b/i;

export const NUMBER_WORDS: Readonly<Record<string, number>> = {
  zero: 0,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  thirteen: 13,
  fourteen: 14,
  fifteen: 15,
  sixteen: 16,
  seventeen: 17,
  eighteen: 18,
  nineteen: 19,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
};

export const MAGNITUDES: Readonly<Record<string, number>> = {
  k: 1e3,
  thousand: 1e3,
  m: 1e6,
  mn: 1e6,
  million: 1e6,
  bn: 1e9,
  b: 1e9,
  billion: 1e9,
  trillion: 1e12,
};

export const MONTHS: readonly string[] =
  "january february march april may june july august september october november december".split(" ");
