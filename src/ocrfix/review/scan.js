"use strict";
// The page image, with a box for each proposal; and a piece of it, enlarged.

const ZOOMS = [1, 1.7, 2.8];
const scan = { sheet: -1, picture: -1, zoom: 0, boxes: new Map() };

/** Shows the page image of a file, all of its proposals in boxes, and the one that is looked at in the middle. */
function drawScan(sheet, item) {
  const { pictures } = sheetOf(sheet);
  const spots = item ? details(item).spots : [];
  const picture = spots.length ? spots[0][0] : 0;
  const image = $("image");
  if (!pictures[picture] || !pictures[picture][0]) {
    scan.sheet = scan.picture = -1;
    image.removeAttribute("src");
    $("sheet").hidden = true;
    $("scan-name").textContent = "";
    $("scan-none").textContent = say("noImage");
    return;
  }
  const [src] = pictures[picture];
  if (scan.sheet !== sheet || scan.picture !== picture) {
    Object.assign(scan, { sheet, picture });
    $("sheet").hidden = false;
    $("scan-none").textContent = "";
    $("scan-name").textContent = src.startsWith("data:") ? shortName(sheet) : named(src).replace(/^.*\//, "");
    image.alt = `${say("scan")} ${shortName(sheet)}`;
    image.onload = () => {
      drawBoxes();
      centre();
    };
    image.onerror = () => {
      $("sheet").hidden = true;
      $("scan-none").textContent = say("lostImage", named(src));
    };
    image.src = src;
    drawBoxes();
  }
  markBoxes();
  centre();
}

/** A link as a person reads it; a name that is no UTF-8 stays as it is written. */
function named(src) {
  try {
    return decodeURIComponent(src);
  } catch {
    return src;
  }
}

/** The size of a page image in the unit of its rectangles; undefined as long as nobody knows. */
function sizeOf(sheet, picture) {
  const [src, width, height] = sheetOf(sheet).pictures[picture];
  if (width && height) return [width, height];
  const image = $("image");
  return image.naturalWidth && image.src && src ? [image.naturalWidth, image.naturalHeight] : undefined;
}

function drawBoxes() {
  scan.boxes.clear();
  const size = scan.sheet < 0 ? undefined : sizeOf(scan.sheet, scan.picture);
  const drawn = [];
  for (let k = firsts[scan.sheet]; size && k < firsts[scan.sheet + 1]; k++) {
    const boxes = [];
    for (const [picture, ...sides] of details(items[k]).spots) {
      if (picture !== scan.picture) continue;
      const box = make("span", "box");
      box.dataset.item = k;
      box.title = `${visible(items[k].original)}→${visible(items[k].replacement)}`;
      lay(box, sides, [0, 0, ...size]);
      boxes.push(box);
    }
    scan.boxes.set(k, boxes);
    drawn.push(...boxes);
  }
  $("boxes").replaceChildren(...drawn);
  markBoxes();
}

/** Puts an element where a rectangle lies within another. */
function lay(element, [left, top, right, bottom], [l, t, r, b]) {
  const across = (x) => `${(100 * x) / (r - l)}%`;
  const down = (y) => `${(100 * y) / (b - t)}%`;
  Object.assign(element.style, { left: across(left - l), top: down(top - t), width: across(right - left), height: down(bottom - top) });
}

function markBoxes() {
  const looked = current();
  for (const [number, boxes] of scan.boxes) {
    for (const box of boxes) box.className = `box ${stateOf(items[number])}${looked && looked.number === number ? " now" : ""}`;
  }
}

/** Brings the proposal that is looked at into the middle of the page image. */
function centre() {
  const room = $("scan-view");
  $("sheet").style.width = `${100 * ZOOMS[scan.zoom]}%`;
  const [box] = (current() && scan.boxes.get(current().number)) || [];
  if (!box) return;
  const inside = box.getBoundingClientRect();
  const outside = room.getBoundingClientRect();
  room.scrollBy(inside.left + inside.width / 2 - outside.left - outside.width / 2, inside.top + inside.height / 2 - outside.top - outside.height / 2);
}

function zoom() {
  scan.zoom = (scan.zoom + 1) % ZOOMS.length;
  $("zoom").textContent = scan.zoom === ZOOMS.length - 1 ? "－" : "＋";
  centre();
}

// ---------------------------------------------------------------------------------------------------------------------

/** What surrounds a proposal on the page image, with a frame around it; undefined where there is no image. */
function cropOf(item, most, high) {
  const { crop, spots, pictures } = details(item);
  let src, number, box;
  if (!crop) return undefined;
  [src, number, ...box] = crop;
  const cut = Boolean(src);
  if (!cut) src = pictures[number] && pictures[number][0]; // a crop that is not embedded is made of the whole page image
  if (!src) return undefined;
  const scale = Math.min(most / (box[2] - box[0]), high / (box[3] - box[1]));
  const frame = make("div", "crop");
  frame.style.width = `${(box[2] - box[0]) * scale}px`;
  frame.style.height = `${(box[3] - box[1]) * scale}px`;
  const image = make("img");
  image.alt = `${item.before}${item.original}${item.after}`;
  const fit = (width, height) =>
    Object.assign(image.style, { width: `${width * scale}px`, height: `${height * scale}px`, left: `${-box[0] * scale}px`, top: `${-box[1] * scale}px` });
  if (cut) {
    Object.assign(image.style, { width: "100%", height: "100%", left: "0", top: "0" });
  } else {
    const [, width, height] = pictures[number];
    if (width && height) fit(width, height);
    else image.onload = () => fit(image.naturalWidth, image.naturalHeight);
  }
  image.onerror = () => frame.remove();
  image.src = src;
  frame.append(image);
  for (const [picture, ...sides] of spots) {
    if (picture !== number) continue;
    const mark = make("span", "frame");
    lay(mark, sides, box);
    frame.append(mark);
  }
  return frame;
}
