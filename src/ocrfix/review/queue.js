"use strict";
// The list of what is to be decided: filtered, sorted, grouped, and drawn only where it is looked at.

const $ = (id) => document.getElementById(id);

/** An element with a class, a text, and whatever it holds. */
function make(tag, name = "", text = "", ...children) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text) element.textContent = text;
  element.append(...children);
  return element;
}

const visible = (text) => text.replace(/\r\n|\n|\r/g, "⏎").replace(/\u3000/g, "□").replace(/ /g, "␣");
const printed = (text) => (text ? make("del", "", visible(text)) : make("span", "no", "∅"));
const proposed = (text) => (text ? make("ins", "", visible(text)) : make("span", "no", "∅"));
const percent = (score) => (score > 0.995 ? "> 99 %" : score < 0.005 ? "< 1 %" : `${Math.round(100 * score)} %`);

const HEIGHT = 52; // of a row, in pixels, as page.css has it

const view = {
  sort: "page", grouped: false, onlyOpen: false, kinds: new Set(), least: 0, most: 1, made: true, suggested: true,
  rows: [], // each a list of proposals: one, or all equal ones
  row: 0, // the row that is looked at
  member: 0, // and the proposal of its group
  left: new Set(), // proposals that are left out when their group is decided
};

const SORTS = {
  page: (a, b) => a.number - b.number,
  low: (a, b) => a.score - b.score || a.number - b.number,
  high: (a, b) => b.score - a.score || a.number - b.number,
  kind: (a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.number - b.number),
};

const passes = (item) =>
  (view.kinds.size === 0 || view.kinds.has(item.kind)) &&
  item.score >= view.least && item.score <= view.most &&
  (item.made ? view.made : view.suggested) &&
  (!view.onlyOpen || isOpen(item));

/** The proposal that is looked at; undefined where none is shown. */
const current = () => (view.rows[view.row] || [])[view.member];

/** All that are shown, in their order. */
const shown = () => view.rows.flat();

/** Chooses and orders anew, and stays with the proposal that was looked at, or else near its row. */
function arrange(stay = current()) {
  const found = items.filter(passes).sort(SORTS[view.sort]);
  if (view.grouped) {
    const groups = new Map();
    for (const item of found) {
      if (!groups.has(item.key)) groups.set(item.key, []);
      groups.get(item.key).push(item);
    }
    view.rows = [...groups.values()].sort((a, b) => (view.sort === "page" ? b.length - a.length : 0));
  } else {
    view.rows = found.map((item) => [item]);
  }
  if (stay) {
    const row = view.rows.findIndex((members) => members.includes(stay) || (view.grouped && members[0].key === stay.key));
    view.row = row >= 0 ? row : Math.min(view.row, Math.max(0, view.rows.length - 1));
    view.member = Math.max(0, (view.rows[view.row] || []).indexOf(stay));
  } else {
    view.row = view.member = 0;
  }
}

/** Looks at a row, and in it at the first open proposal. */
function go(row, member) {
  if (!view.rows.length) return;
  view.row = Math.max(0, Math.min(view.rows.length - 1, row));
  const members = view.rows[view.row];
  view.member = member === undefined ? Math.max(0, members.findIndex(isOpen)) : member;
}

/** The next row in a direction that holds something open, going round at the end; -1 where none does. */
function nextOpen(direction) {
  const count = view.rows.length;
  for (let k = 1; k <= count; k++) {
    const row = (view.row + direction * k + count * k) % count;
    if (view.rows[row].some(isOpen)) return row;
  }
  return -1;
}

/** Looks at a proposal, wherever it is in the list; shows everything where the filter hides it. */
function lookAt(item) {
  const row = view.rows.findIndex((members) => members.includes(item));
  if (row < 0) return false;
  go(row, view.rows[row].indexOf(item));
  return true;
}

/** Draws the rows that are seen, whichever they are. */
function drawQueue() {
  const queue = $("queue");
  $("rows").style.height = `${view.rows.length * HEIGHT}px`;
  const first = Math.max(0, Math.floor(queue.scrollTop / HEIGHT) - 4);
  const last = Math.min(view.rows.length, first + Math.ceil((queue.clientHeight || 600) / HEIGHT) + 8);
  const drawn = [];
  for (let k = first; k < last; k++) drawn.push(drawRow(k));
  $("rows").replaceChildren(...drawn);
  if (view.rows.length) queue.setAttribute("aria-activedescendant", `row-${view.row}`);
  else queue.removeAttribute("aria-activedescendant");
}

function drawRow(k) {
  const members = view.rows[k];
  const item = members[0];
  const open = members.filter(isOpen).length;
  const state = members.length > 1 ? (open ? "open" : stateOf(item)) : stateOf(item);
  const row = make("div", `row-item ${state}${item.made ? "" : " suggested"}`);
  row.id = `row-${k}`;
  row.style.top = `${k * HEIGHT}px`;
  row.setAttribute("role", "option");
  row.setAttribute("aria-selected", String(k === view.row));
  row.setAttribute("aria-setsize", String(view.rows.length));
  row.setAttribute("aria-posinset", String(k + 1));
  const taken = decisions.get(item.number);
  const becomes = taken && state !== "reject" && members.length === 1 ? taken.text : item.replacement;
  const change = make("span", "change", "", printed(item.original), make("span", "arrow", "→"), proposed(becomes));
  const where = view.grouped
    ? `${members.length - open} / ${members.length}`
    : `${INDEX.sheets.length > 1 ? `${say("page")} ${item.sheet + 1} · ` : ""}${item.element || `${item.line}:${item.column}`}`;
  const text = members.length > 1
    ? make("span", "context", "", change, make("b", "times", ` ×${members.length}`))
    : make("span", "context", "", make("span", "faint", visible(item.before.slice(-5))), change, make("span", "faint", visible(item.after.slice(0, 6))));
  text.lang = "zh";
  const score = members.reduce((sum, one) => sum + one.score, 0) / members.length;
  row.append(
    make("span", "dot"), text,
    make("span", "meta", "", make("span", "kind", say("kinds")[item.kind]), make("span", "", percent(score)), make("span", "where", where)),
  );
  row.setAttribute("aria-label", `${item.before}[${visible(item.original)}→${visible(item.replacement)}]${item.after}, ${say("kinds")[item.kind]}, ${percent(score)}${members.length > 1 ? `, ×${members.length}` : ""}, ${say("states")[state]}`);
  return row;
}

const shortName = (sheet) => INDEX.sheets[sheet][0].replace(/^.*[/\\]/, "");

/** Brings the row that is looked at into view, with its neighbours. */
function showRow() {
  const queue = $("queue");
  const top = view.row * HEIGHT;
  if (top < queue.scrollTop + HEIGHT) queue.scrollTop = Math.max(0, top - HEIGHT);
  else if (top + 2 * HEIGHT > queue.scrollTop + queue.clientHeight) queue.scrollTop = top + 2 * HEIGHT - queue.clientHeight;
}
