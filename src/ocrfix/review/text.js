"use strict";
// The text of a file, each proposal marked where it stands: what is printed, what is proposed, what was decided.

const page = { sheet: -1, marks: new Map() };
const PART = 60; // paragraphs that the browser lays out together, and only where they are seen

/** Shows the text of a file, and the proposal that is looked at in the middle of it. */
function drawText(sheet, item) {
  if (page.sheet !== sheet || (item && !page.marks.has(item.number))) layOut(sheet, item);
  for (const number of page.marks.keys()) drawMark(number);
  const mark = item && page.marks.get(item.number);
  if (!mark) return;
  toMiddle(mark, 8);
}

/** Brings a mark into the middle, and again for some frames: parts that come into view get their height only then. */
function toMiddle(mark, frames) {
  const words = $("words");
  const inside = mark.getBoundingClientRect();
  const outside = words.getBoundingClientRect();
  words.scrollBy(0, inside.top + inside.height / 2 - outside.top - outside.height / 2);
  if (frames) requestAnimationFrame(() => page.marks.get(current() && current().number) === mark && toMiddle(mark, frames - 1));
}

/** Builds the paragraphs of a sheet, with a place for each mark. */
function layOut(sheet, item) {
  page.sheet = sheet;
  page.marks.clear();
  const { pieces } = sheetOf(sheet);
  const starts = new Map();
  for (const one of together(sheet, item)) starts.set(details(one).first, [...(starts.get(details(one).first) || []), one]);
  let paragraph = make("p");
  const paragraphs = [paragraph];
  const breaks = (text) => {
    for (let k = text.split("\n").length - 1; k > 0; k--) paragraphs.push((paragraph = make("p")));
  };
  const plain = (text) =>
    text.split("\n").forEach((line, k) => {
      if (k) paragraphs.push((paragraph = make("p")));
      if (line) paragraph.append(line);
    });
  for (let k = 0; k < pieces.length || starts.has(k); ) {
    let after = k;
    for (const one of starts.get(k) || []) {
      const mark = make("span", "mark");
      mark.dataset.item = one.number;
      page.marks.set(one.number, mark);
      paragraph.append(mark);
      breaks(one.original);
      after = Math.max(after, details(one).last);
    }
    starts.delete(k);
    if (after > k) k = after;
    else if (k < pieces.length) plain(pieces[k++]);
    else break;
  }
  const parts = [];
  for (let k = 0; k < paragraphs.length; k += PART) parts.push(make("div", "part", "", ...paragraphs.slice(k, k + PART)));
  $("words").replaceChildren(...parts);
  $("words").scrollTop = 0;
  $("page").value = String(sheet);
}

/** The proposals of a sheet that can stand beside one another: the one looked at, those decided, those made, the surest. */
function together(sheet, item) {
  const rank = (one) => [one === item, decisions.has(one.number), one.made, one.score].map(Number);
  const own = items.slice(firsts[sheet], firsts[sheet + 1]);
  const ordered = own.map((one) => [rank(one), one]).sort(([a], [b]) => b[0] - a[0] || b[1] - a[1] || b[2] - a[2] || b[3] - a[3]);
  const taken = new Set();
  for (const [, one] of ordered) if (!one.rivals.some((rival) => taken.has(rival))) taken.add(one);
  return own.filter((one) => taken.has(one)).sort((a, b) => a.start - b.start || a.end - b.end);
}

function drawMark(number) {
  const item = items[number];
  const state = stateOf(item);
  const mark = page.marks.get(number);
  const looked = current() === item;
  const decision = decisions.get(number);
  const now = decision ? decision.text : item.replacement;
  const drawn = `${state}|${now}|${looked}|${language}`;
  if (mark.dataset.drawn === drawn) return;
  mark.dataset.drawn = drawn;
  mark.className = `mark ${state}${item.made ? "" : " suggested"}${looked ? " now" : ""}`;
  const parts = [];
  if (state !== "accept" && state !== "replace") parts.push(make(state === "open" ? "del" : "span", "old", visible(item.original)));
  if (state === "open" || state === "accept" || state === "replace") parts.push(make("ins", "new", visible(now) || (state === "open" ? "" : "‸")));
  if (!item.original && state !== "open" && parts.every((part) => !part.textContent)) parts.push(make("span", "old", "‸"));
  mark.replaceChildren(...parts);
  mark.setAttribute("role", "button");
  mark.title = `${visible(item.original)}→${visible(item.replacement)} · ${say("kinds")[item.kind]} ${percent(item.score)} · ${say("states")[state]}`;
  mark.setAttribute("aria-label", mark.title);
  mark.setAttribute("aria-current", String(looked));
}
