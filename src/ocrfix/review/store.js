"use strict";
// What was proposed, what has been decided, and the way back.

/** The content of a block of data. */
const data = (id) => JSON.parse(document.getElementById(id).textContent);

const INDEX = data("index");
const FIELDS = ["sheet", "made", "line", "column", "before", "after", "element", "note", "start", "end", "original", "replacement", "score", "kind"];

/** All proposals, in the order of the files and of their texts. */
const items = INDEX.items.map((row, number) => {
  const item = { number };
  FIELDS.forEach((name, k) => (item[name] = row[k]));
  item.key = `${item.original}\u0000${item.replacement}`;
  return item;
});

/** The number of the first proposal of each sheet, and behind the last. */
const firsts = INDEX.sheets.map(() => items.length).concat(items.length);
for (const item of items) firsts[item.sheet] = Math.min(firsts[item.sheet], item.number);
for (let k = firsts.length - 2; k >= 0; k--) firsts[k] = Math.min(firsts[k], firsts[k + 1]);

// Proposals that cannot both be made: they touch the same characters, or insert at the same place.
const overlap = (one, other) =>
  (one.start < other.end && other.start < one.end) || (one.start === other.start && one.end === other.end);
for (let k = 0; k < items.length; k++) {
  items[k].rivals = [];
  let reach = items[k].start;
  for (let j = k - 1; j >= 0 && items[j].sheet === items[k].sheet && k - j < 200; j--) {
    if (overlap(items[j], items[k])) {
      items[j].rivals.push(items[k]);
      items[k].rivals.push(items[j]);
    }
  }
}

const sheets = new Map();

/** What is known of a sheet; it is read when it is first looked at. */
function sheetOf(number) {
  if (!sheets.has(number)) {
    if (sheets.size > 40) sheets.delete(sheets.keys().next().value);
    sheets.set(number, data(`sheet-${number}`));
  }
  return sheets.get(number);
}

/** Evidence, alternatives, rectangles and crop of a proposal. */
function details(item) {
  const sheet = sheetOf(item.sheet);
  const [first, last, why, others, spots, crop] = sheet.items[item.number - firsts[item.sheet]];
  return { first, last, why: why.map(([k, weight]) => [...sheet.notes[k], weight]), others, spots, crop, pictures: sheet.pictures };
}

/** By the number of the proposal: {text: what shall stand there, at: when, by: whose decision, together: of how many}. */
const decisions = new Map();

const changesIt = (item) => decisions.has(item.number) && decisions.get(item.number).text !== item.original;

/** What has become of a proposal: open, accept, reject, replace, or settled by a rival. */
function stateOf(item) {
  const decision = decisions.get(item.number);
  if (!decision) return item.rivals.some(changesIt) ? "settled" : "open";
  if (decision.text === item.original) return "reject";
  return decision.text === item.replacement ? "accept" : "replace";
}

const isOpen = (item) => stateOf(item) === "open";

let by = "";
let past = [];
let future = [];
let decided = 0;

/** Decides some proposals in one step; `text` says what shall stand at each, undefined: take the decision back. */
function decide(some, text) {
  const at = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const step = new Map();
  const put = (item, decision) => {
    if (!step.has(item)) step.set(item, { before: decisions.get(item.number) });
    step.get(item).after = decision;
    set(item, decision);
  };
  let left = 0;
  for (const item of some) {
    const wanted = text(item);
    const changes = wanted !== undefined && wanted !== item.original;
    if (changes && some.length > 1 && item.rivals.some(changesIt)) {
      left += 1; // of two readings of one place a stroke over many takes the first, and touches no earlier decision
      continue;
    }
    if (changes) item.rivals.filter(changesIt).forEach((rival) => put(rival, undefined));
    put(item, wanted === undefined ? undefined : { text: wanted, at, by, together: 1 });
  }
  const made = [...step.values()].filter(({ after }) => after);
  made.forEach(({ after }) => (after.together = made.length));
  if (step.size) {
    past.push(step);
    future = [];
    keep();
  }
  return { done: some.length - left, left };
}

function set(item, decision) {
  if (decision) decisions.set(item.number, decision);
  else decisions.delete(item.number);
}

/** Takes the last step back, or makes it again; returns the proposals that it is about. */
function step(from, to, side) {
  const last = from.pop();
  if (!last) return [];
  for (const [item, sides] of last) set(item, sides[side]);
  to.push(last);
  keep();
  return [...last.keys()];
}

const undo = () => step(past, future, "before");
const redo = () => step(future, past, "after");

// ---------------------------------------------------------------------------------------------------------------------
// What stays when the page is closed, in this browser, under the name of this review.

const PLACE = `ocrfix-review:${INDEX.id}`;
let keeping = 0;
let keeps = true;

/** Has the decisions written soon: many at a time cost no more than one. */
function keep() {
  clearTimeout(keeping);
  keeping = setTimeout(keepNow, 200);
}

function keepNow() {
  clearTimeout(keeping);
  const rows = [...decisions].map(([number, d]) => [number, d.text, d.at, d.by, d.together]);
  try {
    localStorage.setItem(PLACE, JSON.stringify({ by, rows }));
  } catch {
    keeps = false;
  }
}

/** Reads what was kept; false where this browser keeps nothing. */
function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) || "null");
    if (kept) {
      by = kept.by;
      decisions.clear();
      for (const [number, text, at, who, together] of kept.rows) decisions.set(number, { text, at, by: who, together });
    }
    localStorage.setItem(PLACE, JSON.stringify(kept || { by, rows: [] }));
  } catch {
    keeps = false;
  }
  return keeps;
}

/** A choice about the page itself: kept for all reviews. */
function remembered(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(`ocrfix:${name}`);
    localStorage.setItem(`ocrfix:${name}`, value);
  } catch {
    // then it is asked for again
  }
  return value;
}

// ---------------------------------------------------------------------------------------------------------------------
// decisions.json: a line for each decision, as `ocrfix apply` reads them.

function exported() {
  const lines = [];
  for (const item of items) {
    const decision = decisions.get(item.number);
    if (!decision) continue;
    const [path, sha256] = INDEX.sheets[item.sheet];
    lines.push(JSON.stringify({
      path, line: item.line, column: item.column, ...(item.element ? { element: item.element } : {}),
      start: item.start, end: item.end, original: item.original,
      // What is rejected is kept on record as a suggestion, so that nobody makes it.
      replacement: stateOf(item) === "reject" ? item.replacement : decision.text, suggestion: stateOf(item) === "reject",
      before: item.before, after: item.after, decision: stateOf(item), proposed: item.replacement,
      kind: item.kind, score: item.score, note: item.note,
      by: decision.by || by, at: decision.at, together: decision.together, sha256,
    }));
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** Takes over the decisions of a file; returns how many, and how many are about something else. */
function imported(text) {
  const known = new Map(items.map((item) => [place(INDEX.sheets[item.sheet], item.start, item.end, item.replacement), item]));
  const found = [];
  let other = 0;
  for (const line of text.split("\n").filter((each) => each.trim())) {
    const row = JSON.parse(line);
    const item = known.get(place([row.path, row.sha256], row.start, row.end, row.proposed));
    if (item && typeof row.replacement === "string") found.push([item, row]);
    else other += 1;
  }
  const step = new Map();
  for (const [item, row] of found) {
    const after = { text: row.decision === "reject" ? item.original : row.replacement, at: String(row.at), by: String(row.by || ""), together: Number(row.together) || 1 };
    step.set(item, { before: decisions.get(item.number), after });
    set(item, after);
  }
  if (step.size) past.push(step);
  future = [];
  keep();
  return [found.length, other];
}

const place = ([path, sha256], start, end, proposed) => JSON.stringify([path, sha256, start, end, proposed]);
