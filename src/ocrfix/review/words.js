"use strict";
// What the page says, in English and in Chinese; and what each kind of evidence says, in Chinese.

const WORDS = {
  en: {
    title: "Review", progress: "decided", by: "Your name", undo: "Undo", redo: "Redo",
    load: "Open decisions", loadTitle: "Go on with decisions that were saved before, here or elsewhere",
    save: "Save decisions", saveTitle: "Save decisions.json, for: ocrfix apply decisions.json",
    theme: "Light or dark", language: "中文界面", help: "Keys", views: "Views", list: "List", text: "Text",
    scan: "Page image", sort: "Sort", byPage: "by page", byLow: "least sure first", byHigh: "surest first",
    byKind: "by kind", group: "Group equal", groupTitle: "One row for all places where the same is proposed for the same",
    onlyOpen: "Open only", filter: "Filter", kind: "Kind", score: "Score", from: "from", to: "to", which: "Which",
    made: "corrections", suggested: "suggestions", showAll: "Show all", proposals: "Proposals", card: "Proposal",
    why: "Reasons", choices: "What shall stand here", type: "Or type what the page says", take: "Take",
    members: "Places of this group", zoom: "Larger or smaller", pageBefore: "Page before", page: "Page",
    pageAfter: "Next page", close: "Close",
    count: (n, all) => `${n} of ${all} decided`,
    shown: (n, all) => (n === all ? `${n} proposals` : `${n} of ${all} proposals shown`),
    acceptShown: (n) => `Accept ${n} shown`, rejectShown: (n) => `Keep ${n} as printed`,
    accept: "Accept", keep: "Keep as printed", nothing: "nothing", clear: "Take decision back",
    isMade: "correction: check -w would make it", isSuggested: "suggestion: check -w would leave it",
    line: (line, column) => `line ${line} of the file, column ${column}`,
    against: "against it", inFavour: "in favour",
    acceptEqual: (n) => `Accept all ${n} equal ones`,
    nats: "Weight in nats: how much it counts for (+) or against (−) the proposal",
    grouped: (n, out) => `Decides ${n} places at once${out ? `, ${out} left out` : ""}. ← → look at each, x leaves one out.`,
    settled: "Settled: another reading of this place was taken.",
    openStays: "What stays open is not applied.",
    none: "Nothing to show: no proposal is open and passes the filter.",
    empty: "No proposals: nothing to decide.",
    noImage: "There is no page image beside this file.",
    lostImage: (name) => `The page image ${name} cannot be shown. It is looked for beside this page, where it was when the review was made.`,
    done: (what, n) => `${what}: ${n} places. u takes it back.`, left: (n) => ` ${n} overlap another reading and stay open.`,
    undone: "Undone.", redone: "Done again.", nothingToUndo: "Nothing to undo.",
    saved: (n, open) => `decisions.json holds ${n} decisions. ${open ? `${open} proposals are open and will not be touched. ` : ""}Now: ocrfix apply decisions.json`,
    nothingToSave: "No decisions yet: nothing to save.",
    loaded: (n, other) => `${n} decisions read${other ? `; ${other} are about something else and were left out` : ""}.`,
    notLoaded: "This is no file of decisions.",
    notKept: "This browser keeps nothing for pages from the disk: save your decisions before you close the page.",
    changed: (name) => `page ${name}`,
    promise: "A proposal that you do not decide is not applied. The page sends nothing; decisions stay in this browser until you save them.",
    about: (settings, version) => `ocrfix ${version}${settings ? `; ${settings}` : ""}`,
    states: { open: "open", accept: "accepted", reject: "kept as printed", replace: "replaced", settled: "settled" },
    kinds: {
      glyph: "misread", name: "name", phrase: "set phrase", repetition: "repetition", omission: "dropped",
      insertion: "made up", punctuation: "punctuation", spacing: "spacing", linebreak: "line break",
    },
    keys: {
      "j ↓ · k ↑": "next, previous", "n · p": "next, previous open one", "a · Enter": "accept", r: "keep as printed",
      "1 … 9": "take a reading", e: "type a reading; Enter takes it, Esc leaves", d: "take the decision back",
      "Shift+A · Shift+R": "the same for all equal, open ones", "Alt+A · Alt+R": "the same for all that are shown and open",
      "g": "group equal ones", "← → · x": "in a group: look at each, leave one out", "u · Shift+U": "undo, redo",
      "s · f · o": "sort, filter, open ones only", "[ · ]": "page before, next page", "z · v": "size of the page image; list, text, image on a small screen",
      "w": "save decisions.json", "m · l · ?": "light or dark, language, these keys",
    },
  },
  zh: {
    title: "校对", progress: "已决定", by: "校对人", undo: "撤销", redo: "重做",
    load: "打开决定", loadTitle: "接着以前（或在别处）保存的决定继续",
    save: "保存决定", saveTitle: "保存 decisions.json，供 ocrfix apply decisions.json 使用",
    theme: "浅色或深色", language: "English", help: "按键", views: "视图", list: "列表", text: "正文",
    scan: "原图", sort: "排序", byPage: "按页", byLow: "把握小的在前", byHigh: "把握大的在前",
    byKind: "按类别", group: "相同归并", groupTitle: "同样的改动合为一行，一次决定",
    onlyOpen: "只看未决", filter: "筛选", kind: "类别", score: "把握", from: "从", to: "到", which: "哪些",
    made: "改正", suggested: "建议", showAll: "全部显示", proposals: "改动建议", card: "当前建议",
    why: "理由", choices: "此处应作", type: "或输入原件上的字", take: "采用",
    members: "本组各处", zoom: "放大或缩小", pageBefore: "上一页", page: "页",
    pageAfter: "下一页", close: "关闭",
    count: (n, all) => `已决定 ${n} / ${all}`,
    shown: (n, all) => (n === all ? `共 ${n} 条` : `显示 ${n} 条，共 ${all} 条`),
    acceptShown: (n) => `接受所示 ${n} 条`, rejectShown: (n) => `所示 ${n} 条保持原样`,
    accept: "接受", keep: "保持原样", nothing: "（删去）", clear: "收回决定",
    isMade: "改正：check -w 会改", isSuggested: "建议：check -w 不会改",
    line: (line, column) => `文件第 ${line} 行第 ${column} 列`,
    against: "不支持", inFavour: "支持",
    nats: "分量（奈特）：支持（+）或不支持（−）的程度",
    acceptEqual: (n) => `接受全部相同的 ${n} 处`,
    grouped: (n, out) => `一次决定 ${n} 处${out ? `，${out} 处除外` : ""}。← → 逐处查看，x 除外一处。`,
    settled: "已定：此处采用了另一种读法。",
    openStays: "未决的不改动原文。",
    none: "没有可显示的：符合筛选条件的都已决定。",
    empty: "没有改动建议，无须决定。",
    noImage: "此文件旁没有原图。",
    lostImage: (name) => `原图 ${name} 无法显示。应在本页面旁边，与生成时的位置相同。`,
    done: (what, n) => `${what}：${n} 处。按 u 撤销。`, left: (n) => `另有 ${n} 处与别的读法重叠，仍未决。`,
    undone: "已撤销。", redone: "已重做。", nothingToUndo: "没有可撤销的。",
    saved: (n, open) => `decisions.json 含 ${n} 条决定。${open ? `${open} 条未决，不会改动。` : ""}接着运行：ocrfix apply decisions.json`,
    nothingToSave: "尚无决定，无可保存。",
    loaded: (n, other) => `读入 ${n} 条决定${other ? `；${other} 条与本页无关，略去` : ""}。`,
    notLoaded: "这不是决定文件。",
    notKept: "此浏览器不为本地页面保存数据：关闭页面前请先保存决定。",
    changed: (name) => `${name} 页`,
    promise: "未决定的建议不会改动原文。本页面不发送任何数据；保存之前，决定只留在此浏览器中。",
    about: (settings, version) => `ocrfix ${version}${settings ? `；${settings}` : ""}`,
    states: { open: "未决", accept: "已接受", reject: "保持原样", replace: "已改作他字", settled: "已定" },
    kinds: {
      glyph: "误认", name: "名称", phrase: "固定词组", repetition: "重复", omission: "脱字",
      insertion: "衍字", punctuation: "标点", spacing: "空格", linebreak: "断行",
    },
    keys: {
      "j ↓ · k ↑": "下一条、上一条", "n · p": "下一条、上一条未决", "a · Enter": "接受", r: "保持原样",
      "1 … 9": "采用一种读法", e: "输入文字；Enter 采用，Esc 离开", d: "收回决定",
      "Shift+A · Shift+R": "对所有相同且未决的同样处理", "Alt+A · Alt+R": "对所有显示且未决的同样处理",
      "g": "相同归并", "← → · x": "组内逐处查看、除外一处", "u · Shift+U": "撤销、重做",
      "s · f · o": "排序、筛选、只看未决", "[ · ]": "上一页、下一页", "z · v": "原图大小；小屏幕上换列表、正文、原图",
      "w": "保存 decisions.json", "m · l · ?": "浅色深色、语言、按键",
    },
  },
};

// By the name of the evidence; %s is what its own note holds in numbers.
const REASONS = {
  language: "文句更通顺（%s 奈特）", fluency: "全句通顺", plainly: "明显更通顺", habit: "识别引擎的习惯",
  notorious: "常见的误认", channel: "引擎常这样误认", shape: "字形相近", bond_printed: "原字与相邻字不成词",
  strain_printed: "原字与相邻字不合", bond_proposed: "与相邻字成词", strain_proposed: "与前后字都合",
  prior: "文中提到此地的可能", context: "此处应是地名", often: "此形在文中别处出现", crowded: "文中这类形式多少",
  familiar: "此名在此通顺", unlike: "字形与同类不像",
  prefecture: "地级名称", county: "县级名称", township: "乡镇名称",
  dropped: "引擎常漏认此字", fitting: "有多少名称与原文其余部分相合", rare: "被误认的多是罕用字",
  slip: "识别引擎的习惯", failing: "引擎常认错此字", rival: "原文也可能是另一个名称", series: "别处也这样误认",
  misread: "引擎常这样误认", misread_prefecture: "若是地区名，此点分量较轻",
  rarity: "罕用字被误认作常用字", rarity_printed: "原字本身常见的程度",
  rarity_proposed: "被误认的多是罕用字", recurs_printed: "原有形式重复出现", recurs_proposed: "改后形式重复出现",
  clause_traditional: "此句为繁体", clause_simplified: "此句另有多少简体字", far: "用语与模型所知相去较远，须更有把握才改",
  indels: "脱字或衍字", doubled: "此字很少叠用", junction: "此处不是词的分界", register: "周围文字的熟悉程度",
  length: "重复很长", damage: "全文其余部分的破损程度", doubted: "引擎对此字没有把握", trusted: "引擎对此字有把握",
  considered: "引擎考虑过此字", share: "引擎给此字的分量", overlooked: "引擎考虑的是别的字",
  worn: "全文中引擎没有把握的比例", habits: "引擎的习惯性误读", notorieties: "引擎常犯的误读", swapped: "误读的字数",
  removed: "多出的字数", restored: "补上的字数", marks_restored: "补上的标点数",
  change: "对任何此类改动的一般看法", rhythm: "这样长的分句如此结尾", slips_elsewhere: "文中其他标点也有误认",
  colon_or_comma: "此处也可用冒号", closes: "段落到此结束", clause: "分句的长短", shorter: "较短分句的长短",
  paragraph: "段落的长短", sentences: "段中句数", continued: "下一段是否接着本句", ends: "其他段落如何结尾",
};

// Notes that name something: those of proposals themselves.
const NOTES = [
  [/^set phrase (.+)$/, "固定词组 $1"],
  [/, named once/, "，提到一次"],
  [/: named once$/, "：提到一次"],
  [/named (\d+) times/, "提到 $1 次"],
  [/named nowhere else/, "别处未提到"],
  [/given by the user/, "由用户指定"],
  [/in the user's list/, "在用户的名单中"],
  [/: within ([^,]+), /, "：属$1，"],
  [/(\S+), (\S+), lies in it$/, "$1，$2，在其中"],
  [/: (\d+) times in the document$/, "：文中有 $1 次"],
];

let language = (navigator.languages || [navigator.language || "en"])[0].toLowerCase().startsWith("zh") ? "zh" : "en";

/** What the page says under a name, in the language that was chosen. */
function say(name, ...values) {
  const said = WORDS[language][name];
  return typeof said === "function" ? said(...values) : said;
}

/** A piece of evidence in the language that was chosen. */
function reason(name, note) {
  if (language !== "zh") return note;
  if (REASONS[name]) return REASONS[name].replace("%s", (note.match(/[\d.]+/) || [""])[0]);
  return NOTES.reduce((text, [pattern, said]) => text.replace(pattern, said), note);
}
