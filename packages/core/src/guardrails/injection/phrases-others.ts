/** German, French, Spanish, Italian, Portuguese, Dutch, Russian, Chinese and Japanese; accents are gone before these are read. */
import { EXFILTRATION, LEAK, OVERRIDE, ROLE, row, SECRECY, type Signal } from "./signal.ts";

/** Korean, Arabic, Polish, Turkish: an override each, spelled as normalised text is. */
const MORE = [
  "(?:\uc774\uc804|\uc704|\uc55e).{0,20}\uc9c0\uc2dc.{0,12}\ubb34\uc2dc",
  "\u062a\u062c\u0627\u0647\u0644.{0,16}\u0627\u0644\u062a\u0639\u0644\u064a\u0645\u0627\u062a",
  "z?ignoruj.{0,40}(?:instrukcj|polece)",
  "talimat.{0,16}(?:yoksay|gormezden gel|unut)",
];

export const OTHERS: readonly Signal[] = [
  ...MORE.map(
    (pattern): Signal => ({
      kind: OVERRIDE,
      weight: 1.2,
      pattern: new RegExp(pattern.normalize("NFKD"), "gu"),
    }),
  ),
  row(
    OVERRIDE,
    1.2,
    "ignorier(?:e|en|st|t)?|vergiss(?! (?:bitte )?nicht)|vergessen sie(?! (?:bitte )?nicht)|missacht(?:e|en)|umgeh(?:e|en)|uberschreib(?:e|en)?|verwirf|lass|befolge nicht",
    "alle|bisherigen?|vorherigen?|vorigen?|obigen?|vorhergehenden?|fruheren?|vorangegangenen?|deine|ihre|diese|samtliche|was",
    "anweisung(?:en)?|instruktion(?:en)?|regeln?|vorgaben|befehle?|richtlinien|prompts?|systemprompt|sicherheitsregeln|oben|gesagt|einschrankungen|beschrankungen|kontext",
  ),
  row(
    LEAK,
    1.1,
    "zeig(?:e|en)?|gib|geben sie|verrat(?:e|en)?|nenn(?:e|en)?|wiederhol(?:e|en)?|druck(?:e|en)?|wie lautet|schreib(?:e|en)?|offenbar(?:e|en)?",
    "dein(?:e|en|er)?|ihr(?:e|en)?|den|die|mir|uns",
    "system-?prompts?|systemanweisung(?:en)?|systemnachricht|ursprunglichen? anweisungen|geheimen? anweisungen|versteckten? anweisungen|anfangsanweisungen|internen? anweisungen",
  ),
  row(
    ROLE,
    1,
    "du bist (?:jetzt|nun|ab sofort)|sie sind (?:jetzt|nun|ab sofort)|ab (?:jetzt|sofort) bist du|tu so, als|spiele|verhalte dich",
    "dan|ohne (?:jede |jegliche )?(?:regel|filter|einschrankung|beschrankung|grenze)\\w{0,6}|uneingeschrankte[rn]?|unzensierte[rn]?|frei von|keine regeln|entwicklermodus",
  ),
  row(
    SECRECY,
    0.8,
    "sag(?:e|en)?|informier(?:e|en)?|erwahn(?:e|en)?|verrat(?:e|en)?|ohne",
    "nutzer|benutzer|anwender|user|niemandem|kunden",
    "nicht|nichts|kein|davon|informieren|wissen|sagen|fragen",
  ),
  row(
    EXFILTRATION,
    1,
    "send(?:e|en)?|schick(?:e|en)?|leit(?:e|en)?|ubermittl(?:e|n)|lade?|ubertrag(?:e|en)",
    "passworter|passwort|zugangsdaten|daten|verlauf|gesprach|nachrichten|unterhaltung|schlussel|e-?mails?|dateien|kontakte",
    "an|nach|zu|hoch",
  ),

  row(
    OVERRIDE,
    1.2,
    "ignore[rz]?|(?<!n')(?<!ne )(?<!n’)oublie[rz]?|neglige[rz]?|contourne[rz]?|ne tiens pas compte|ne tenez pas compte|ne suis plus|ne respecte pas|fais abstraction|faites abstraction|annule[rz]?",
    "toutes|tous|tes|vos|les|ces|tout|des|de",
    "instructions?|consignes?|regles?|directives?|ordres?|prompts?|contraintes|precede|ci-dessus|restrictions|avant|dit",
  ),
  row(
    LEAK,
    1.1,
    "montre|montrez|affiche[rz]?|revele[rz]?|donne[rz]?|repete[rz]?|ecris|imprime|divulgue[rz]?|quel(?:le)?s? (?:est|sont)|recopie[rz]?",
    "ton|votre|le|tes|vos|moi|les",
    "prompt systeme|prompt initial|instructions? systeme|instructions? initiales|message systeme|consignes? (?:initiales|cachees|secretes|systeme)|instructions? (?:cachees|secretes)|system prompt|invite systeme",
  ),
  row(
    ROLE,
    1,
    "tu es (?:maintenant|desormais)|vous etes (?:maintenant|desormais)|a partir de maintenant,? (?:tu|vous)|fais comme si|agis comme|fais semblant",
    "dan|sans (?:aucune? )?(?:restriction|filtre|limite|regle|censure)s?|non censuree?|mode developpeur|illimitee?",
  ),
  row(
    SECRECY,
    0.8,
    "ne|n'|sans",
    "dis|dites|informe[rz]?|mentionne[rz]?|previen[ts]?|prevenir|informer|avertir|avertis|parle[rz]?|le dire|en parler",
    "utilisateur|usager|l'utilisateur|a personne|client",
  ),
  row(
    EXFILTRATION,
    1,
    "envoie|envoyez|transmets|transmettez|transfere[rz]?|publie[rz]?|televerse[rz]?|poste[rz]?",
    "mots? de passe|identifiants|donnees|historique|conversation|messages?|secrets?|cles?|fichiers?|contacts|e-?mails?|courriels?",
    "a|vers|sur|au",
  ),

  row(
    OVERRIDE,
    1.2,
    "ignora(?:r|d)?|ignore|olvida(?:r|te)?|olvide|descarta|haz caso omiso|haga caso omiso|omite|anula|salta(?:te)?|no sigas|no obedezcas|pasa por alto|elude",
    "todas?|todos|las|los|tus|sus|estas|lo|de",
    "instruccion(?:es)?|reglas?|indicaciones|directrices|ordenes|prompts?|normas|restricciones|anterior(?:es)?|dicho|politicas",
  ),
  row(
    LEAK,
    1.1,
    "muestra(?:me)?|muestre|revela(?:me)?|revele|dime|diga|imprime|repite|repita|escribe|cual(?:es)? (?:es|son)|ensena(?:me)?|dame",
    "tu|su|el|tus|sus|las|todas",
    "prompt del sistema|prompt de sistema|prompt inicial|instrucciones (?:del sistema|iniciales|ocultas|secretas|originales|internas)|mensaje (?:del|de) sistema|system prompt|indicaciones (?:del sistema|iniciales|ocultas)",
  ),
  row(
    ROLE,
    1,
    "ahora eres|eres ahora|a partir de ahora,? eres|usted es ahora|actua como|finge (?:ser|que)|comportate como",
    "dan|sin (?:ningun[ao]? )?(?:limite|restriccion|filtro|norma|regla|censura)(?:e?s)?|modo desarrollador|ilimitad[oa]",
  ),
  row(
    SECRECY,
    0.8,
    "no|sin",
    "digas|informes|menciones|avises|reveles|informar|avisar|decir(?:le|selo)?|mencionar",
    "usuario|al usuario|a nadie|cliente",
  ),
  row(
    EXFILTRATION,
    1,
    "envia|envie|manda|mande|reenvia|sube|transmite|publica|transfiere",
    "contrasenas?|credenciales|datos|historial|conversacion|mensajes?|secretos?|claves?|archivos?|contactos|correos?",
    "a|al|hacia|por",
  ),

  row(
    OVERRIDE,
    1.2,
    "ignora|ignori|dimentica|dimentichi|trascura|non seguire|scarta|ignorare",
    "tutte|tutti|le|i|tue|precedenti|quanto",
    "istruzioni|regole|indicazioni|direttive|prompt|ordini|restrizioni|detto|precedenza",
  ),
  row(
    OVERRIDE,
    1.2,
    "ignore|esqueca|desconsidere|desrespeite|nao siga|ignora|esquece",
    "todas|todos|as|os|suas|quaisquer|tudo|instrucoes",
    "instrucoes|regras|diretrizes|ordens|comandos|prompts?|restricoes|anteriores|acima",
  ),
  row(
    LEAK,
    1.1,
    "mostre|revele|mostra|rivela|dimmi|diga|imprima|stampa|repita|ripeti|negeer",
    "seu|o|tuo|il|il tuo|suas|le tue|jouw",
    "prompt (?:do|de) sistema|prompt di sistema|instrucoes (?:do sistema|iniciais|ocultas)|istruzioni (?:di sistema|iniziali|nascoste)|system prompt|systeemprompt",
  ),
  row(
    OVERRIDE,
    1.2,
    "negeer|vergeet|omzeil",
    "alle|vorige|eerdere|bovenstaande|je|jouw",
    "instructies|regels|opdrachten|aanwijzingen|prompts?|richtlijnen",
  ),
  {
    kind: OVERRIDE,
    weight: 1.2,
    pattern:
      /(?<!не )(?:игнорируи|забудь|не обращаи внимания на|отбрось|пренебреги)(?:те)?(?: [^\s.!?]{1,20}){0,3} (?:инструкци|указани|правил|команд|предписани)/gu,
  },
  {
    kind: LEAK,
    weight: 1.1,
    pattern:
      /(?:покажи|раскрои|выведи|повтори|напиши)(?:те)?(?: [^\s.!?]{1,20}){0,3} (?:системн[^\s]{1,4} (?:промпт|подсказк|инструкци|сообщени)|промпт)/gu,
  },
  {
    kind: OVERRIDE,
    weight: 1.2,
    pattern:
      /(?:忽略|无视|忘记|忘掉|不要遵守|不要理会|無視)[^。！？\n]{0,12}(?:指令|指示|提示|规则|規則|命令|说明|内容|要求)/gu,
  },
  {
    kind: LEAK,
    weight: 1.1,
    pattern:
      /(?:显示|告诉我|输出|打印|透露|重复|泄露)[^。！？\n]{0,10}(?:系统提示|系统指令|系統提示|初始指令|提示词)/gu,
  },
  {
    kind: OVERRIDE,
    weight: 1.2,
    pattern: /(?:指示|命令|ルール|フロンフト|指令)[^。！？\n]{0,10}(?:無視|忘れ)/gu,
  },
  { kind: LEAK, weight: 1.1, pattern: /システムフロンフト[^。！？\n]{0,10}(?:表示|教え|出力|見せ)/gu },
];
