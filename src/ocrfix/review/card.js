"use strict";
// The proposal that is looked at: its piece of the page image, its reasons, and what one may choose.

/** What may stand at a proposal: what is proposed, what else was considered, and what is printed. */
function readings(item) {
  const texts = [item.replacement, ...details(item).others.map(([text]) => text)];
  return [...new Set(texts)].filter((text) => text !== item.original).slice(0, 9);
}

/** The proposals that a stroke decides: the one looked at, or the open ones of its group, but for those left out. */
function meant() {
  const members = view.rows[view.row] || [];
  if (!view.grouped || members.length < 2) return current() ? [current()] : [];
  const open = members.filter((item) => isOpen(item) && !view.left.has(item.number));
  return open.length ? open : [current()];
}

/** Open proposals of the same for the same that pass the filter. */
const equals = (item) => shown().filter((other) => other.key === item.key && isOpen(other) && !view.left.has(other.number));

function drawCard() {
  const item = current();
  $("none").hidden = Boolean(item);
  for (const id of ["what", "why", "choose"]) $(id).hidden = !item;
  $("members").hidden = true;
  if (!item) {
    $("none").textContent = say(items.length ? "none" : "empty");
    return;
  }
  const { why, others } = details(item);
  const state = stateOf(item);
  const decision = decisions.get(item.number);
  const crop = cropOf(item, Math.min(420, $("what").clientWidth - 2), 84);
  $("crop").replaceChildren(...(crop ? [crop] : []));
  $("crop").hidden = !crop;

  $("change").replaceChildren(
    make("span", "faint", visible(item.before)), printed(item.original), make("span", "arrow", "→"),
    proposed(item.replacement), make("span", "faint", visible(item.after)),
  );
  $("change").lang = "zh";
  const facts = [
    make("b", `state ${state}`, say("states")[state]), make("span", "tag", say("kinds")[item.kind]),
    make("span", "score", percent(item.score)), make("span", "", say(item.made ? "isMade" : "isSuggested")),
    make("span", "faint", `${item.element ? `${item.element} · ` : ""}${say("line", item.line, item.column)}`),
  ];
  $("facts").replaceChildren(...facts);
  drawWhy(why);

  const choices = readings(item).map((text, k) => {
    const score = k === 0 ? item.score : (others.find(([other]) => other === text) || [])[1];
    const button = choice(k === 0 ? "accept" : "other", visible(text) || say("nothing"), k === 0 ? "a" : String(k + 1), decision && decision.text === text);
    button.dataset.text = text;
    if (k === 0) button.prepend(make("span", "verb", say("accept")));
    if (score !== undefined && k > 0) button.append(make("span", "faint", percent(score)));
    return button;
  });
  const keep = choice("keep", visible(item.original) || say("nothing"), "r", decision && decision.text === item.original);
  keep.dataset.text = item.original;
  keep.prepend(make("span", "verb", say("keep")));
  choices.splice(1, 0, keep);
  if (decision) {
    const clear = choice("clear", say("clear"), "d", false);
    clear.id = "clear";
    choices.push(clear);
  }
  const alike = view.grouped ? [] : equals(item);
  if (alike.length > 1) {
    const all = choice("all", say("acceptEqual", alike.length), "Shift+A", false);
    all.id = "accept-equal";
    choices.push(all);
  }
  $("choices").replaceChildren(...choices);
  $("typed").value = decision && state === "replace" && !readings(item).includes(decision.text) ? decision.text : "";

  const members = view.rows[view.row];
  if (view.grouped && members.length > 1) {
    const out = members.filter((one) => isOpen(one) && view.left.has(one.number)).length;
    $("equal").textContent = say("grouped", meant().length, out);
    drawMembers(members);
  } else {
    $("equal").textContent = state === "settled" ? say("settled") : "";
  }
}

function choice(name, text, key, pressed) {
  const said = make("span", "reading", text);
  if (name !== "clear" && name !== "all") said.lang = "zh";
  const button = make("button", name, "", said, make("kbd", "", key));
  button.type = "button";
  button.setAttribute("aria-pressed", String(Boolean(pressed)));
  button.setAttribute("aria-keyshortcuts", key);
  return button;
}

/** The reasons: what the source knows, then what weighs most, for it and against it. */
function drawWhy(why) {
  const known = why.filter(([, , weight]) => !weight);
  const weighed = why.filter(([, , weight]) => weight).sort((a, b) => Math.abs(b[2]) - Math.abs(a[2]));
  const most = Math.max(1, ...weighed.map(([, , weight]) => Math.abs(weight)));
  const row = ([name, note, weight]) => {
    const line = make("li", weight < 0 ? "against" : weight > 0 ? "for" : "known");
    const bar = make("span", "bar-of");
    const fill = make("span");
    fill.style.width = `${Math.round((100 * Math.abs(weight)) / most)}%`;
    bar.append(fill);
    const said = make("span", "", reason(name, note));
    line.append(bar, said);
    if (weight) line.append(make("span", "nats", `${weight > 0 ? "+" : "−"}${Math.abs(weight).toFixed(1)}`));
    if (weight) line.setAttribute("aria-label", `${reason(name, note)}: ${say(weight < 0 ? "against" : "inFavour")}, ${weight.toFixed(1)}`);
    line.title = weight ? say("nats") : "";
    return line;
  };
  $("why").replaceChildren(...known.map(row), ...weighed.slice(0, 6).map(row));
}

const MOST_MEMBERS = 60;

/** The places of a group, each with its piece of the page image or its neighbours. */
function drawMembers(members) {
  const drawn = members.slice(0, MOST_MEMBERS).map((item, k) => {
    const button = make("button", `member ${stateOf(item)}${view.left.has(item.number) ? " left" : ""}`);
    button.type = "button";
    button.dataset.member = k;
    const crop = cropOf(item, 150, 34);
    const text = make("span", "", "", make("span", "faint", visible(item.before.slice(-4))), make("b", "", visible(item.original) || "‸"), make("span", "faint", visible(item.after.slice(0, 4))));
    text.lang = "zh";
    button.append(...(crop ? [crop, text] : [text]));
    button.setAttribute("aria-pressed", String(k === view.member));
    button.title = `${INDEX.sheets[item.sheet][0]}:${item.line}:${item.column} · ${say("states")[stateOf(item)]}`;
    return button;
  });
  if (members.length > MOST_MEMBERS) drawn.push(make("span", "faint", `… ${members.length - MOST_MEMBERS}`));
  $("members").replaceChildren(...drawn);
  $("members").hidden = false;
  const looked = $("members").querySelector("[aria-pressed=true]");
  if (looked) looked.scrollIntoView({ block: "nearest", inline: "nearest" });
}
