"use strict";
// What the keys and buttons do.

const narrow = () => matchMedia("(max-width: 900px)").matches;

/** Draws everything anew for the proposal that is looked at. */
function draw() {
  const item = current();
  drawCard();
  drawQueue();
  showRow();
  drawQueue();
  if (item) {
    drawText(item.sheet, item);
    drawScan(item.sheet, item);
  } else if (INDEX.sheets.length) {
    drawText(Math.max(0, page.sheet));
    drawScan(page.sheet);
  }
  drawCounts();
}

function drawCounts() {
  let done = 0;
  let open = 0;
  for (const item of items) if (!isOpen(item)) done += 1;
  const seen = shown();
  for (const item of seen) if (isOpen(item)) open += 1;
  $("progress").max = Math.max(1, items.length);
  $("progress").value = done;
  $("count").textContent = say("count", done, items.length);
  $("shown").textContent = say("shown", seen.length, items.length);
  $("accept-shown").textContent = say("acceptShown", open);
  $("reject-shown").textContent = say("rejectShown", open);
  $("accept-shown").disabled = $("reject-shown").disabled = !open;
  $("undo").disabled = !past.length;
  $("redo").disabled = !future.length;
}

function toast(text) {
  $("toast").textContent = text;
  $("toast").classList.add("up");
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => $("toast").classList.remove("up"), 6000);
}

// ---------------------------------------------------------------------------------------------------------------------

/** Decides, and goes on to the next open row. */
function choose(some, text, what) {
  if (!some.length) return;
  const { done, left } = decide(some, text);
  if (some.length > 1) toast(say("done", what, done) + (left ? say("left", left) : ""));
  view.left.clear();
  const next = nextOpen(1);
  const target = next >= 0 ? view.rows[next].find(isOpen) : current();
  if (view.onlyOpen || view.grouped) arrange(target);
  if (target) lookAt(target);
  draw();
}

const accept = (some) => choose(some, (item) => item.replacement, say("accept"));
const keepPrinted = (some) => choose(some, (item) => item.original, say("keep"));
const take = (some, text) => choose(some, () => text, visible(text) || say("nothing"));

/** Takes back what has been decided of the proposal that is looked at, or of its group. */
function takeBack() {
  const members = view.grouped ? view.rows[view.row] || [] : current() ? [current()] : [];
  const some = members.filter((item) => decisions.has(item.number));
  if (!some.length) return;
  decide(some, () => undefined);
  draw();
}

/** Undoes or does again, and shows what that was about. */
function again(move, said) {
  const about = move();
  if (!about.length) return toast(say("nothingToUndo"));
  arrange(about[0]);
  if (!lookAt(about[0])) {
    showAll();
    arrange(about[0]);
    lookAt(about[0]);
  }
  toast(say(said));
  draw();
}

function rearrange() {
  arrange();
  draw();
}

function showAll() {
  Object.assign(view, { least: 0, most: 1, made: true, suggested: true, onlyOpen: false });
  view.kinds.clear();
  for (const box of $("filter").querySelectorAll("#kinds input")) box.checked = true;
  $("made").checked = $("suggested").checked = true;
  [$("least").value, $("most").value] = ["0", "100"];
  $("open").setAttribute("aria-pressed", "false");
}

function readFilter() {
  const boxes = [...$("kinds").querySelectorAll("input")];
  view.kinds = new Set(boxes.every((box) => box.checked) ? [] : boxes.filter((box) => box.checked).map((box) => box.value));
  if (boxes.length && boxes.every((box) => !box.checked)) view.kinds.add("");
  view.least = (Number($("least").value) || 0) / 100;
  view.most = $("most").value === "" ? 1 : Number($("most").value) / 100;
  view.made = $("made").checked;
  view.suggested = $("suggested").checked;
  rearrange();
}

function toggle(button, name) {
  view[name] = !view[name];
  button.setAttribute("aria-pressed", String(view[name]));
  view.left.clear();
  rearrange();
}

function toPage(direction) {
  for (let k = page.sheet + direction; k >= 0 && k < INDEX.sheets.length; k += direction) {
    const item = shown().find((one) => one.sheet === k);
    if (item) {
      lookAt(item);
      return draw();
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function save() {
  const text = exported();
  if (!text) return toast(say("nothingToSave"));
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = "decisions.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  toast(say("saved", decisions.size, items.filter(isOpen).length));
}

async function load(file) {
  try {
    const [count, other] = imported(await file.text());
    toast(say("loaded", count, other));
  } catch {
    toast(say("notLoaded"));
  }
  rearrange();
}

// ---------------------------------------------------------------------------------------------------------------------

function leaveOut() {
  const item = current();
  if (!item || !view.grouped) return;
  if (!view.left.delete(item.number)) view.left.add(item.number);
  draw();
}

function member(direction) {
  const members = view.rows[view.row] || [];
  if (members.length < 2) return;
  view.member = (view.member + direction + members.length) % members.length;
  draw();
}

function show(name) {
  document.body.dataset.view = name;
  for (const tab of $("tabs").children) tab.setAttribute("aria-pressed", String(tab.dataset.view === name));
  draw();
}

function nextView() {
  const names = [...$("tabs").children].filter((tab) => tab.offsetParent).map((tab) => tab.dataset.view);
  if (names.length) show(names[(names.indexOf(document.body.dataset.view) + 1) % names.length]);
}

function theme() {
  const dark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = remembered("theme", dark ? "light" : "dark");
}

/** Says everything in the language that was chosen. */
function speak() {
  document.documentElement.lang = language;
  document.title = `${say("title")} · ocrfix`;
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = say(element.dataset.t);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
  for (const element of document.querySelectorAll("[data-placeholder]")) element.placeholder = say(element.dataset.placeholder);
  for (const element of document.querySelectorAll("[data-key]")) {
    element.setAttribute("aria-keyshortcuts", element.dataset.key);
    element.title = `${say(element.dataset.title || element.dataset.label || element.dataset.t) || element.textContent} (${element.dataset.key})`;
  }
  $("language").textContent = language === "zh" ? "En" : "中";
  $("key-list").replaceChildren(...Object.entries(say("keys")).flatMap(([keys, what]) => [make("dt", "", keys), make("dd", "", what)]));
  $("about").textContent = say("about", INDEX.settings, INDEX.version);
  const kinds = [...new Set(items.map((item) => item.kind))];
  for (const kind of kinds) {
    let box = $("kinds").querySelector(`[value=${kind}]`);
    if (!box) {
      box = make("input");
      Object.assign(box, { type: "checkbox", value: kind, checked: true });
      $("kinds").append(make("label", "", "", box, make("span")));
    }
    box.nextSibling.textContent = ` ${say("kinds")[kind]} (${items.filter((item) => item.kind === kind).length})`;
  }
}

const KEYS = {
  j: () => go(view.row + 1), k: () => go(view.row - 1), ArrowDown: () => go(view.row + 1), ArrowUp: () => go(view.row - 1),
  Home: () => go(0), End: () => go(view.rows.length - 1), PageDown: () => go(view.row + 10), PageUp: () => go(view.row - 10),
  n: () => go(Math.max(0, nextOpen(1))), p: () => go(Math.max(0, nextOpen(-1))),
  a: () => accept(meant()), Enter: () => accept(meant()), r: () => keepPrinted(meant()), d: takeBack, Delete: takeBack,
  A: () => current() && accept(equals(current())), R: () => current() && keepPrinted(equals(current())),
  e: () => $("typed").focus(), x: leaveOut, ArrowRight: () => member(1), ArrowLeft: () => member(-1),
  g: () => toggle($("group"), "grouped"), o: () => toggle($("open"), "onlyOpen"), f: () => $("filtering").click(),
  s: () => {
    const sort = $("sort");
    sort.selectedIndex = (sort.selectedIndex + 1) % sort.options.length;
    sort.dispatchEvent(new Event("change"));
  },
  u: () => again(undo, "undone"), U: () => again(redo, "redone"), z: zoom, v: nextView, m: theme, w: save,
  l: () => $("language").click(), "?": () => $("help").click(), "[": () => toPage(-1), "]": () => toPage(1),
};
const MOVES = new Set(["j", "k", "n", "p", "ArrowDown", "ArrowUp", "Home", "End", "PageDown", "PageUp"]);
// What is done as often as the key repeats; a decision is made once for each stroke.
const REPEATS = new Set([...MOVES, "ArrowLeft", "ArrowRight", "[", "]"]);

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.isComposing || $("keys").open) return;
  if (target.matches("input:not([type=checkbox]), select")) {
    if (key === "Escape") target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey) {
    if (key === "z" || key === "Z" || key === "y") again(...(key === "z" && !event.shiftKey ? [undo, "undone"] : [redo, "redone"]));
    else if (key === "s") save();
    else return;
    event.preventDefault();
    return;
  }
  if (event.altKey) {
    const many = { KeyA: accept, KeyR: keepPrinted }[event.code];
    if (!many) return;
    event.preventDefault();
    return many(shown().filter((item) => isOpen(item) && !view.left.has(item.number)));
  }
  if (key === "Enter" && target.matches("button, a, [role=button]")) return; // it does what it says
  if (key === " " || (event.repeat && !REPEATS.has(key))) return;
  if (target.id === "scan-view" && key.startsWith("Arrow")) return; // it scrolls
  if (/^[1-9]$/.test(key)) {
    const text = current() && readings(current())[Number(key) - 1];
    if (text !== undefined) take(meant(), text);
    return;
  }
  if (!KEYS[key]) return;
  event.preventDefault();
  KEYS[key]();
  if (MOVES.has(key)) draw();
});

const press = (id, act) => $(id).addEventListener("click", act);
press("undo", KEYS.u);
press("redo", KEYS.U);
press("save", save);
press("load", () => $("file").click());
press("theme", theme);
press("language", () => {
  language = remembered("language", language === "zh" ? "en" : "zh");
  speak();
  draw();
});
press("help", () => $("keys").showModal());
press("group", KEYS.g);
press("open", KEYS.o);
press("filtering", () => {
  const form = $("filter");
  form.hidden = !form.hidden;
  $("filtering").setAttribute("aria-expanded", String(!form.hidden));
  if (!form.hidden) form.querySelector("input").focus();
  drawQueue();
});
press("accept-shown", () => accept(shown().filter(isOpen)));
press("reject-shown", () => keepPrinted(shown().filter(isOpen)));
press("zoom", zoom);
press("page-before", () => toPage(-1));
press("page-after", () => toPage(1));
for (const tab of $("tabs").children) tab.addEventListener("click", () => show(tab.dataset.view));
$("filter").addEventListener("change", readFilter);
$("filter").addEventListener("submit", (event) => event.preventDefault());
$("filter").addEventListener("reset", (event) => {
  event.preventDefault();
  showAll();
  rearrange();
});
$("sort").addEventListener("change", () => {
  view.sort = $("sort").value;
  rearrange();
});
$("by").addEventListener("input", () => {
  by = remembered("by", $("by").value.trim());
  keep();
});
$("page").addEventListener("change", () => {
  const sheet = Number($("page").value);
  const item = shown().find((one) => one.sheet === sheet);
  if (item) {
    lookAt(item);
    draw();
  } else {
    drawText(sheet);
    drawScan(sheet);
  }
});
$("file").addEventListener("change", () => {
  if ($("file").files.length) load($("file").files[0]);
  $("file").value = "";
});
$("typed").addEventListener("focus", () => {
  // What stands there now is the beginning: to take it as it is keeps it, and only who empties the field deletes.
  const item = current();
  if (item && !$("typed").value) $("typed").value = decisions.has(item.number) ? decisions.get(item.number).text : item.original;
  $("typed").select();
});
$("typing").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("typed").value;
  $("typed").blur();
  if (current()) take(meant(), text);
});
$("choices").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.id === "clear") return takeBack();
  if (button.id === "accept-equal") return KEYS.A();
  take(meant(), button.dataset.text);
});
$("members").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  view.member = Number(button.dataset.member);
  draw();
});
$("rows").addEventListener("click", (event) => {
  // By its place: a row that is drawn anew while the button is down is another element.
  go(Math.floor((event.clientY - $("rows").getBoundingClientRect().top) / HEIGHT));
  draw();
  if (narrow()) show("text");
});
for (const id of ["words", "boxes"]) {
  $(id).addEventListener("click", (event) => {
    const mark = event.target.closest("[data-item]");
    if (!mark) return;
    const item = items[Number(mark.dataset.item)];
    if (!lookAt(item)) {
      showAll();
      arrange(item);
      lookAt(item);
    }
    draw();
  });
}
$("queue").addEventListener("scroll", () => requestAnimationFrame(drawQueue), { passive: true });
addEventListener("resize", () => requestAnimationFrame(draw));
addEventListener("pagehide", keepNow);
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keepNow());
// Another window with the same review: what is decided there is decided here.
addEventListener("storage", (event) => {
  if (event.key !== PLACE || !event.newValue) return;
  recall();
  past = [];
  future = [];
  rearrange();
});

const chosen = { language: remembered("language"), theme: remembered("theme") };
if (WORDS[chosen.language]) language = chosen.language;
if (chosen.theme === "light" || chosen.theme === "dark") document.documentElement.dataset.theme = chosen.theme;
by = remembered("by") || "";
const kept = recall();
$("by").value = by;
INDEX.sheets.forEach(([path], k) => {
  const option = make("option", "", `${k + 1}. ${path}`);
  option.value = String(k);
  $("page").append(option);
});
document.body.classList.toggle("no-scan", !INDEX.sheets.some(([, , count]) => count));
document.body.dataset.view = "text";
speak();
arrange();
const start = nextOpen(1);
if (view.rows.length && !view.rows[0].some(isOpen) && start >= 0) go(start);
show("text");
if (!kept) toast(say("notKept"));
document.documentElement.dataset.ready = "true";
