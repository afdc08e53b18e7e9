/** Short words for the rules that most flows have; other rules stay as they are written. */

const PATH = String.raw`(?:user|temp|context|input|output|local|session)(?:\.[A-Za-z_]\w*)+`;
const SET = new RegExp(String.raw`^has\((${PATH})\)((?:\s*&&\s*${PATH}\s*!=\s*(?:null|''|""))*)$`);
const UNSET = new RegExp(String.raw`^!\s*has\((${PATH})\)$`);
const COMPARED = new RegExp(String.raw`^(${PATH})\s*(==|!=|<=|>=|<|>)\s*(.+)$`);

export function ruleWords(rule: string): string {
  const text = rule.trim();
  const set = SET.exec(text);
  if (set) {
    // All parts must be about the same value.
    const others = [...(set[2] ?? "").matchAll(new RegExp(PATH, "g"))].map((match) => match[0]);
    if (others.every((path) => path === set[1])) return `${short(set[1] ?? "")} is set`;
  }
  const unset = UNSET.exec(text);
  if (unset) return `${short(unset[1] ?? "")} is not set`;
  const compared = COMPARED.exec(text);
  if (!compared || /&&|\|\||\?/.test(compared[3] ?? "")) return text;
  return `${short(compared[1] ?? "")} ${compared[2]} ${compared[3]}`;
}

/** Without its scope: the last parts say what it is. */
function short(path: string): string {
  return path.slice(path.indexOf(".") + 1);
}
