// SPDX-License-Identifier: Apache-2.0
// What `write_viewer` puts into a page beside its data. No text of the data becomes markup: it is set by `textContent` only.
"use strict";

(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const { width, height, frames, numbers } = data;
  const cine = frames.length > 1;
  const view = $("view");
  const state = {
    frame: data.first, playing: false, shown: true, style: "contour", hidden: new Set(), anchor: null, mark: null, lesion: 0,
    scale: 1, x: 0, y: 0, // of the image on the canvas: CSS pixels a pixel, its left upper corner
  };

  // --- what the data hold -----------------------------------------------------------------------------------------------------------

  const picture = (url) => {
    const image = new Image();
    image.onload = () => draw();
    image.src = url;
    return image;
  };
  const pictures = frames.map((frame) => picture(frame.image));
  const masks = frames.map((frame) => frame.mask && picture(frame.mask));
  const ready = (image) => image && image.complete && image.naturalWidth > 0;

  const unpack = ([number, narrowest, mean, packed]) => {
    const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
    const steps = new Uint16Array(bytes.buffer), count = steps.length / 4;
    const column = (place, step, shift) => Float64Array.from({ length: count }, (_, index) => steps[4 * index + place] * step - shift);
    return {
      number, narrowest, mean, rows: column(0, data.steps.point, 1), columns: column(1, data.steps.point, 1),
      distance: column(2, data.steps.distance, 0), diameter: column(3, data.steps.diameter, 0),
    };
  };
  const unpacked = new Map();
  const paths = (frame) => {
    if (!unpacked.has(frame)) unpacked.set(frame, frames[frame].paths.map(unpack));
    return unpacked.get(frame).filter((path) => !state.hidden.has(path.number));
  };
  const length = (path) => path.distance[path.distance.length - 1];

  /** Nearest point of some vessels: {path, index, away} in pixels of the image. */
  const nearest = (some, row, column) => {
    let best = null;
    for (const path of some) {
      for (let index = 0; index < path.rows.length; index++) {
        const away = Math.hypot(path.rows[index] - row, path.columns[index] - column);
        if (!best || away < best.away) best = { path, index, away };
      }
    }
    return best;
  };

  /** The vessel whose profile is shown: where somebody clicked, else the longest. */
  const chosen = () => {
    const some = paths(state.frame);
    const near = state.anchor && nearest(some, ...state.anchor);
    if (near && near.away < 0.06 * Math.max(width, height)) return near.path;
    return some.reduce((best, path) => (!best || length(path) > length(best) ? path : best), null);
  };

  // --- the image ----------------------------------------------------------------------------------------------------------------------

  const sheet = () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    return { canvas, pen: canvas.getContext("2d", { willReadFrequently: true }), holds: "" };
  };
  const base = sheet(), filled = sheet(), scratch = sheet();
  let contours = { holds: -1, lines: [] }, mask = { holds: -1, values: null };

  const pixels = (image) => {
    scratch.pen.clearRect(0, 0, width, height);
    scratch.pen.drawImage(image, 0, 0, width, height);
    return scratch.pen.getImageData(0, 0, width, height);
  };

  /** Grey values as brightness and contrast show them. */
  const shades = () => {
    const slope = 4 ** $("contrast").valueAsNumber, shift = 127.5 + 127.5 * $("brightness").valueAsNumber;
    return Uint8ClampedArray.from({ length: 256 }, (_, grey) => (grey - 127.5) * slope + shift);
  };

  const drawBase = () => {
    const holds = `${state.frame} ${$("brightness").value} ${$("contrast").value}`;
    if (base.holds === holds || !ready(pictures[state.frame])) return;
    const image = pixels(pictures[state.frame]), values = image.data, table = shades();
    for (let place = 0; place < values.length; place += 4) values[place] = values[place + 1] = values[place + 2] = table[values[place]];
    base.pen.putImageData(image, 0, 0);
    base.holds = holds;
  };

  /** Class numbers of the frame's pixels; null where there are none (yet). */
  const classes = () => {
    if (mask.holds !== state.frame) {
      if (!ready(masks[state.frame])) return null;
      const values = pixels(masks[state.frame]).data;
      mask = { holds: state.frame, values: Uint8Array.from({ length: width * height }, (_, place) => values[4 * place]) };
    }
    return mask.values;
  };

  const drawFilled = (values) => {
    const holds = `${state.frame} ${[...state.hidden]}`;
    if (filled.holds === holds) return;
    const image = filled.pen.createImageData(width, height);
    values.forEach((number, place) => {
      if (number && !state.hidden.has(number)) image.data.set([...data.classes[number - 1].color, 255], 4 * place);
    });
    filled.pen.putImageData(image, 0, 0);
    filled.holds = holds;
  };

  // Marching squares: for the corners inside (1 upper left, 2 upper right, 4 lower right, 8 lower left) the sides that a line joins.
  const SIDES = [[], [0, 3], [0, 1], [3, 1], [1, 2], [0, 3, 1, 2], [0, 2], [3, 2], [3, 2], [0, 2], [0, 1, 3, 2], [1, 2], [3, 1], [0, 1], [0, 3], []];
  const MIDDLE = [[0.5, 0], [1, 0.5], [0.5, 1], [0, 0.5]];

  /** Outlines of the classes, in pixels of the image. */
  const outlines = (values) => {
    if (contours.holds === state.frame) return contours.lines;
    const lines = data.classes.map(() => new Path2D());
    const at = (row, column) => (row < 0 || column < 0 || row >= height || column >= width ? 0 : values[row * width + column]);
    for (let row = -1; row < height; row++) {
      for (let column = -1, left = [0, 0]; column < width; column++) {
        const right = [at(row, column + 1), at(row + 1, column + 1)], corners = [left[0], right[0], right[1], left[1]];
        left = right;
        if (corners[0] === corners[1] && corners[1] === corners[2] && corners[2] === corners[3]) continue;
        for (const number of new Set(corners)) {
          if (!number) continue;
          const sides = SIDES[corners.reduce((code, corner, bit) => code | ((corner === number) << bit), 0)];
          sides.forEach((side, turn) => {
            const [x, y] = MIDDLE[side];
            lines[number - 1][turn % 2 ? "lineTo" : "moveTo"](column + 0.5 + x, row + 0.5 + y);
          });
        }
      }
    }
    contours = { holds: state.frame, lines };
    return lines;
  };

  const color = (number) => `rgb(${data.classes[number - 1].color.join(" ")})`;

  const drawMasks = (pen) => {
    const values = classes();
    if (!values) return;
    const opacity = $("opacity").valueAsNumber;
    if (state.style === "fill") {
      drawFilled(values);
      pen.globalAlpha = opacity * 0.45;
      pen.drawImage(filled.canvas, 0, 0);
    }
    pen.globalAlpha = opacity;
    pen.lineWidth = 1.5 / state.scale;
    pen.lineCap = "round";
    outlines(values).forEach((line, index) => {
      if (state.hidden.has(index + 1)) return;
      pen.strokeStyle = color(index + 1);
      pen.stroke(line);
    });
  };

  const drawBoxes = (pen) => {
    const line = 1.5 / state.scale, text = 13 / state.scale;
    pen.globalAlpha = $("opacity").valueAsNumber;
    pen.font = `600 ${text}px system-ui, sans-serif`;
    for (const [left, top, right, bottom, score, lesion] of frames[state.frame].boxes) {
      const bold = lesion && lesion === state.lesion ? 2 : 1, note = `${lesion ? `${lesion} · ` : ""}${score.toFixed(2)}`;
      for (const [style, wide] of [["#000", 2.2], ["#48d8ff", 1]]) {
        pen.strokeStyle = style;
        pen.lineWidth = line * wide * bold;
        pen.strokeRect(left, top, right - left, bottom - top);
      }
      const above = top > 1.6 * text, place = [left, above ? top - 4 / state.scale : bottom + text + 2 / state.scale];
      [pen.lineWidth, pen.strokeStyle, pen.fillStyle] = [3 / state.scale, "#000", "#48d8ff"];
      pen.strokeText(note, ...place);
      pen.fillText(note, ...place);
    }
  };

  /** The chosen vessel's middle line, and across it the diameter that the chart points at. */
  const drawVessel = (pen, path) => {
    pen.globalAlpha = $("opacity").valueAsNumber;
    pen.lineWidth = 1.2 / state.scale;
    pen.strokeStyle = "#fff";
    pen.beginPath();
    path.rows.forEach((row, index) => pen.lineTo(path.columns[index] + 0.5, row + 0.5));
    pen.stroke();
    if (state.mark === null || state.mark >= path.rows.length) return;
    const [[x0, y0], [x1, y1], [x, y]] = across(path, state.mark);
    pen.globalAlpha = 1;
    for (const [style, wide] of [["#000", 4], ["#fff", 2]]) {
      [pen.strokeStyle, pen.fillStyle, pen.lineWidth] = [style, style, wide / state.scale];
      pen.beginPath();
      pen.moveTo(x0, y0);
      pen.lineTo(x1, y1);
      pen.stroke();
      pen.beginPath();
      pen.arc(x, y, (wide + 1.5) / state.scale, 0, 7);
      pen.fill();
    }
  };

  const across = (path, index) => {
    const before = Math.max(0, index - 2), after = Math.min(path.rows.length - 1, index + 2), [down, right] = data.spacing || [1, 1];
    const along = [(path.rows[after] - path.rows[before]) * down, (path.columns[after] - path.columns[before]) * right];
    const half = path.diameter[index] / 2 / (Math.hypot(...along) || 1);
    const [x, y] = [path.columns[index] + 0.5, path.rows[index] + 0.5], [dx, dy] = [(half * along[0]) / right, (-half * along[1]) / down];
    return [[x - dx, y - dy], [x + dx, y + dy], [x, y]];
  };

  const draw = () => {
    const pen = view.getContext("2d"), ratio = view.width / (view.clientWidth || 1), path = chosen();
    drawBase();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.globalAlpha = 1;
    pen.clearRect(0, 0, view.width, view.height);
    pen.setTransform(ratio * state.scale, 0, 0, ratio * state.scale, ratio * state.x, ratio * state.y);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(base.canvas, 0, 0);
    if (!state.shown) return;
    drawMasks(pen);
    if (path) drawVessel(pen, path);
    drawBoxes(pen);
  };

  // --- zoom -------------------------------------------------------------------------------------------------------------------------

  const whole = () => Math.min(view.clientWidth / width, view.clientHeight / height);

  const place = (scale, x, y) => {
    const least = whole();
    state.scale = Math.min(Math.max(scale, least), 40 * least);
    const inside = (start, room, size) => (size <= room ? (room - size) / 2 : Math.min(0, Math.max(room - size, start)));
    state.x = inside(x, view.clientWidth, width * state.scale);
    state.y = inside(y, view.clientHeight, height * state.scale);
    view.classList.toggle("zoomed", state.scale > least * 1.001);
    draw();
    tell();
  };
  const fit = () => place(0, 0, 0);
  const zoom = (factor, x = view.clientWidth / 2, y = view.clientHeight / 2) => {
    const scale = Math.min(Math.max(state.scale * factor, whole()), 40 * whole()), ratio = scale / state.scale;
    place(scale, x - (x - state.x) * ratio, y - (y - state.y) * ratio);
  };

  const resize = () => {
    const old = { scale: state.scale / (resize.whole || 1), row: (view.clientHeight / 2 - state.y) / state.scale, column: (view.clientWidth / 2 - state.x) / state.scale };
    const ratio = window.devicePixelRatio || 1;
    [view.width, view.height] = [Math.round(view.clientWidth * ratio), Math.round(view.clientHeight * ratio)];
    const scale = old.scale * whole();
    place(resize.whole ? scale : 0, view.clientWidth / 2 - old.column * scale, view.clientHeight / 2 - old.row * scale);
    resize.whole = whole();
    drawTimeline();
    drawChart();
  };

  // --- the frames ---------------------------------------------------------------------------------------------------------------------

  const show = (frame) => {
    state.frame = Math.min(Math.max(frame, 0), frames.length - 1);
    state.mark = null;
    document.documentElement.dataset.frame = numbers[state.frame];
    $("scrub").value = state.frame;
    $("scrub").setAttribute("aria-valuetext", `frame ${numbers[state.frame]}`);
    $("counter").replaceChildren(`frame ${numbers[state.frame]} `, element("span", `of ${numbers[0]}–${numbers[numbers.length - 1]}`));
    draw();
    drawTimeline();
    drawChart();
    listFindings();
    tell();
  };
  const step = (by) => {
    pause();
    show(state.frame + by);
  };

  let last = 0;
  const tick = (now) => {
    if (!state.playing) return;
    const time = (data.frameTime || 1000 / 15) / Number($("speed").value), passed = Math.floor((now - last) / time);
    if (passed > 0) {
      last = passed > 5 ? now : last + passed * time;
      show((state.frame + Math.min(passed, 5)) % frames.length);
    }
    requestAnimationFrame(tick);
  };
  const play = () => {
    if (!cine) return;
    state.playing = !state.playing;
    last = performance.now();
    $("play").classList.toggle("playing", state.playing);
    $("play").setAttribute("aria-label", state.playing ? "pause" : "play");
    if (state.playing) requestAnimationFrame(tick);
    else drawChart();
  };
  const pause = () => state.playing && play();

  /** How much mask each frame shows, where lesions are, and the place of the current frame. */
  const drawTimeline = () => {
    const canvas = $("timeline"), ratio = window.devicePixelRatio || 1, wide = canvas.clientWidth, high = 26;
    if (!cine || !wide) return;
    [canvas.width, canvas.height] = [wide * ratio, high * ratio];
    const pen = canvas.getContext("2d"), most = Math.max(...data.area, 1);
    const x = (frame) => 8 + (frame / (frames.length - 1)) * (wide - 16); // 8: half of the slider's knob
    pen.scale(ratio, ratio);
    pen.fillStyle = "#3b4a5c";
    pen.beginPath();
    pen.moveTo(x(0), high);
    data.area.forEach((area, frame) => pen.lineTo(x(frame), high - (area / most) * (high - 8)));
    pen.lineTo(x(frames.length - 1), high);
    pen.fill();
    pen.fillStyle = "#48d8ff";
    frames.forEach((frame, index) => frame.boxes.length && pen.fillRect(x(index) - 1.5, 1, 3, 3));
    pen.fillStyle = "#4da3ff";
    pen.fillRect(x(state.frame) - 1, 0, 2, high);
  };

  // --- the chart ----------------------------------------------------------------------------------------------------------------------

  const element = (name, text = "", attributes = {}) => {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const shape = (name, attributes, text = "") => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  };
  const EDGE = { left: 40, right: 12, top: 8, bottom: 34 };
  let axes = null;

  /** Round steps that divide a range into about so many parts. */
  const ticks = (most, parts) => {
    const rough = most / parts, power = 10 ** Math.floor(Math.log10(rough));
    const size = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
    return Array.from({ length: Math.floor(most / size + 1e-9) + 1 }, (_, index) => index * size);
  };
  const number = (value) => (data.spacing ? value.toFixed(value < 10 ? 2 : 1) : value.toFixed(1));
  const tidy = (value) => String(Math.round(value * 1000) / 1000);

  const drawChart = () => {
    const path = chosen(), chart = $("chart");
    listVessels(path);
    chart.replaceChildren();
    axes = null;
    if (!path || !chart.clientWidth) {
      $("reading").textContent = data.masks ? "No vessel on this frame is long enough to be measured." : "";
      return;
    }
    const wide = chart.clientWidth, high = chart.clientHeight;
    const longest = Math.max(length(path), data.usual), widest = data.widest * 1.08 || 1;
    const x = (way) => EDGE.left + (way / longest) * (wide - EDGE.left - EDGE.right);
    const y = (diameter) => high - EDGE.bottom - (diameter / widest) * (high - EDGE.top - EDGE.bottom);
    axes = { path, x, y, longest };
    const svg = shape("svg", { width: wide, height: high, viewBox: `0 0 ${wide} ${high}`, "aria-hidden": "true" });
    for (const value of ticks(widest, 4)) {
      svg.append(shape("line", { class: value ? "grid" : "axis", x1: EDGE.left, x2: wide - EDGE.right, y1: y(value), y2: y(value) }));
      svg.append(shape("text", { x: EDGE.left - 6, y: y(value) + 4, "text-anchor": "end" }, tidy(value)));
    }
    for (const value of ticks(longest, Math.max(2, wide / 90))) svg.append(shape("text", { x: x(value), y: high - EDGE.bottom + 15, "text-anchor": "middle" }, tidy(value)));
    svg.append(shape("text", { x: (EDGE.left + wide) / 2, y: high - 4, "text-anchor": "middle" }, `along the vessel (${data.unit})`));
    svg.append(shape("text", { x: -(high - EDGE.bottom) / 2, y: 11, "text-anchor": "middle", transform: "rotate(-90)" }, `diameter (${data.unit})`));
    const line = Array.from(path.distance, (way, index) => `${x(way).toFixed(1)},${y(path.diameter[index]).toFixed(1)}`).join("L");
    svg.append(shape("path", { class: "area", fill: color(path.number), d: `M${x(0)},${y(0)}L${line}L${x(length(path))},${y(0)}Z` }));
    svg.append(shape("path", { class: "curve", stroke: color(path.number), d: `M${line}` }));
    svg.append(shape("line", { class: "mark", id: "mark", y1: EDGE.top, y2: high - EDGE.bottom, visibility: "hidden" }));
    svg.append(shape("circle", { id: "dot", r: 4, visibility: "hidden" }));
    chart.append(svg);
    point(state.mark);
  };

  const listVessels = (path) => {
    const list = $("vessel");
    if (state.playing || document.activeElement === list) return;
    const some = paths(state.frame);
    const several = data.classes.length > 1;
    const counts = {};
    list.replaceChildren(...some.map((one, index) => {
      const name = several ? data.classes[one.number - 1].name : "vessel";
      counts[one.number] = (counts[one.number] ?? 0) + 1;
      return new Option(`${name} ${counts[one.number]}: ${number(length(one))} ${data.unit} long`, index, false, one === path);
    }));
    list.disabled = !some.length;
  };

  /** Marks a place of the chosen vessel in the chart and on the image, or none. */
  const point = (index) => {
    state.mark = index;
    if (!axes) return;
    const { path, x, y } = axes, on = index !== null && index < path.rows.length;
    for (const id of ["mark", "dot"]) $(id).setAttribute("visibility", on ? "visible" : "hidden");
    if (on) {
      const place = x(path.distance[index]).toFixed(1);
      $("mark").setAttribute("x1", place);
      $("mark").setAttribute("x2", place);
      $("dot").setAttribute("cx", place);
      $("dot").setAttribute("cy", y(path.diameter[index]).toFixed(1));
    }
    read(path, on ? index : null);
    draw();
  };

  const read = (path, index) => {
    const at = (place) => [element("b", `${number(path.diameter[place])} ${data.unit}`), ` at ${number(path.distance[place])} ${data.unit}`];
    const all = [`${number(length(path))} ${data.unit} long, mean ${number(path.mean)} ${data.unit}, narrowest `, ...at(path.narrowest)];
    $("reading").replaceChildren(...(index === null ? all : at(index)));
    $("chart").setAttribute("aria-label", `diameter along the vessel: ${$("reading").textContent}`);
  };

  // --- the lists ----------------------------------------------------------------------------------------------------------------------

  const listClasses = () => {
    $("classes").replaceChildren(...data.classes.map(({ name, color: shade }, index) => {
      const item = element("li"), label = element("label"), sample = element("i");
      sample.style.background = `rgb(${shade.join(" ")})`;
      if (data.classes.length > 1) {
        const box = element("input", "", { type: "checkbox" });
        box.checked = true;
        box.addEventListener("change", () => {
          state.hidden[box.checked ? "delete" : "add"](index + 1);
          item.classList.toggle("away", !box.checked);
          draw();
          drawChart();
        });
        label.append(box);
      }
      label.append(sample, element("span", name));
      item.append(label);
      return item;
    }));
  };

  const entry = (name, score, note, action) => {
    const item = element("li"), button = element("button", "", { type: "button" });
    button.append(element("span", name), element("span", score.toFixed(2), { class: "score", title: "score, 1 is sure" }));
    if (note) button.append(element("small", note));
    button.addEventListener("click", action);
    item.append(button);
    return item;
  };
  const span = (first, last) => (first === last ? `frame ${first}` : `frames ${first}–${last}`);

  const listFindings = () => {
    if (!data.boxes) return;
    const boxes = frames[state.frame].boxes;
    $("empty").hidden = boxes.length > 0;
    if (!data.lesions.length) {
      $("lesions").replaceChildren(...boxes.map((box, index) => entry(`Box ${index + 1}`, box[4], "", () => look(box))));
      return;
    }
    if (!$("lesions").children.length) {
      $("lesions").replaceChildren(...data.lesions.map((lesion, index) =>
        entry(`Lesion ${index + 1}`, lesion.score, cine ? `${span(lesion.first, lesion.last)}, best at ${lesion.best}` : "", () => visit(lesion, index + 1))));
    }
    [...$("lesions").children].forEach((item, index) => {
      item.firstChild.classList.toggle("here", boxes.some((box) => box[5] === index + 1));
      item.firstChild.classList.toggle("chosen", state.lesion === index + 1);
    });
  };
  const visit = (lesion, index) => {
    pause();
    state.lesion = index;
    show(numbers.indexOf(lesion.best));
    const box = frames[state.frame].boxes.find((found) => found[5] === index);
    if (box) look(box);
  };
  const look = ([left, top, right, bottom]) => {
    if (state.scale > whole() * 1.01) place(state.scale, view.clientWidth / 2 - ((left + right) / 2) * state.scale, view.clientHeight / 2 - ((top + bottom) / 2) * state.scale);
    else draw();
  };

  const tell = () => {
    const zoomed = Math.round((100 * state.scale) / (whole() || 1));
    $("corner").textContent = zoomed > 100 ? `${zoomed} %` : "";
    view.setAttribute("aria-label", `angiogram${cine ? `, frame ${numbers[state.frame]}` : ""}, ${paths(state.frame).length} vessels measured, ${frames[state.frame].boxes.length} boxes`);
  };

  // --- hands --------------------------------------------------------------------------------------------------------------------------

  const setShown = (shown) => {
    state.shown = $("shown").checked = shown;
    draw();
  };
  const resetWindow = () => {
    $("brightness").value = $("contrast").value = 0;
    draw();
  };
  const actions = { play, previous: () => step(-1), next: () => step(1), zoomIn: () => zoom(1.5), zoomOut: () => zoom(1 / 1.5), fit, resetWindow };
  for (const button of document.querySelectorAll("[data-do]")) {
    button.addEventListener("click", (event) => {
      if (event.detail) button.blur(); // after a click by mouse the space bar still plays
      actions[button.dataset.do]();
    });
  }

  const keys = {
    " ": play, ArrowLeft: (event) => step(event.shiftKey ? -10 : -1), ArrowRight: (event) => step(event.shiftKey ? 10 : 1),
    Home: () => step(-frames.length), End: () => step(frames.length), o: () => setShown(!state.shown), O: () => setShown(!state.shown),
    "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: fit,
  };
  document.addEventListener("keydown", (event) => {
    const target = event.target, own = target.matches("button, summary") ? " " : target.matches("select, input:not(#scrub)") ? [" ", "ArrowLeft", "ArrowRight", "Home", "End"] : "";
    if (event.ctrlKey || event.metaKey || event.altKey || own.includes(event.key) || !(event.key in keys)) return;
    if (target === $("chart") && axes && event.key.startsWith("Arrow")) {
      const by = event.key === "ArrowLeft" ? -1 : 1;
      point(Math.min(Math.max((state.mark ?? -by) + by, 0), axes.path.rows.length - 1));
    } else keys[event.key](event);
    event.preventDefault();
  });

  $("scrub").addEventListener("input", () => {
    pause();
    show($("scrub").valueAsNumber);
  });
  const seek = (event) => {
    const frame = ((event.offsetX - 8) / ($("timeline").clientWidth - 16)) * (frames.length - 1);
    pause();
    show(Math.round(frame));
  };
  $("timeline").addEventListener("pointerdown", seek);
  $("timeline").addEventListener("pointermove", (event) => event.buttons && seek(event));
  $("shown").addEventListener("change", () => setShown($("shown").checked));
  for (const id of ["opacity", "brightness", "contrast"]) $(id).addEventListener("input", draw);
  for (const radio of document.getElementsByName("style")) {
    radio.addEventListener("change", () => {
      state.style = radio.value;
      draw();
    });
  }
  const choose = (path, index) => {
    state.anchor = [path.rows[index], path.columns[index]];
    drawChart();
    draw();
  };
  $("vessel").addEventListener("change", () => {
    const path = paths(state.frame)[$("vessel").selectedIndex];
    $("vessel").blur();
    state.mark = null;
    choose(path, path.rows.length >> 1);
  });

  const follow = (event) => {
    if (!axes) return;
    const way = ((event.clientX - $("chart").getBoundingClientRect().left - EDGE.left) / ($("chart").clientWidth - EDGE.left - EDGE.right)) * axes.longest;
    let best = 0;
    axes.path.distance.forEach((value, index) => {
      if (Math.abs(value - way) < Math.abs(axes.path.distance[best] - way)) best = index;
    });
    point(best);
  };
  $("chart").addEventListener("pointermove", follow);
  $("chart").addEventListener("pointerdown", follow);
  $("chart").addEventListener("pointerleave", () => point(null));

  // Pointers on the image: one moves it or, with shift or the right button, changes the window; two zoom; a click chooses a vessel.
  const fingers = new Map();
  let drag = null;
  const position = (event) => [event.offsetX, event.offsetY];
  const onImage = ([x, y]) => [(y - state.y) / state.scale - 0.5, (x - state.x) / state.scale - 0.5];

  view.addEventListener("pointerdown", (event) => {
    view.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, position(event));
    drag = { moved: fingers.size > 1, window: event.button === 2 || event.shiftKey };
  });
  view.addEventListener("pointermove", (event) => {
    const now = position(event), before = fingers.get(event.pointerId);
    if (!before) return hover(now);
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    if (!drag.moved && Math.hypot(dx, dy) < 4) return;
    drag.moved = true;
    view.classList.add("dragging");
    if (fingers.size === 2) {
      const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
      const ratio = Math.hypot(now[0] - other[0], now[1] - other[1]) / (Math.hypot(before[0] - other[0], before[1] - other[1]) || 1);
      state.x += dx / 2;
      state.y += dy / 2;
      zoom(ratio, (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    } else if (drag.window) {
      $("contrast").value = $("contrast").valueAsNumber + dx / 300;
      $("brightness").value = $("brightness").valueAsNumber - dy / 300;
      draw();
    } else place(state.scale, state.x + dx, state.y + dy);
    fingers.set(event.pointerId, now);
  });
  const release = (event) => {
    const click = drag && !drag.moved && event.type === "pointerup" && event.button === 0;
    fingers.delete(event.pointerId);
    view.classList.remove("dragging");
    if (!click) return;
    const near = nearest(paths(state.frame), ...onImage(position(event)));
    if (near && near.away * state.scale < 24) {
      state.mark = near.index;
      choose(near.path, near.index);
    }
  };
  view.addEventListener("pointerup", release);
  view.addEventListener("pointercancel", release);
  view.addEventListener("pointerleave", () => !state.playing && state.mark !== null && point(null));
  view.addEventListener("contextmenu", (event) => event.preventDefault());
  view.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...position(event));
  }, { passive: false });
  const hover = (at) => {
    if (!axes || state.playing) return;
    const near = nearest([axes.path], ...onImage(at)), index = near.away * state.scale < 14 ? near.index : null;
    if (index !== state.mark) point(index);
  };

  // --- begin --------------------------------------------------------------------------------------------------------------------------

  /** A link may say where to begin: #frame=31&overlay=off */
  const readLink = () => {
    const link = new URLSearchParams(location.hash.slice(1)), frame = numbers.indexOf(Number(link.get("frame") ?? NaN));
    if (link.get("overlay") === "off") setShown(false);
    if (frame >= 0) step(frame - state.frame);
  };

  $("title").textContent = data.name;
  $("algorithm").textContent = data.algorithm;
  $("weights").textContent = `Weights ${data.weights.slice(0, 12)}`;
  $("weights").title = `SHA-256 ${data.weights}`;
  $("spacing").textContent = data.spacing ? `Lengths in mm; spacing of pixels: ${data.origin}.` : "Lengths in pixels: the spacing of pixels at the vessels is not known.";
  $("player").hidden = !cine;
  $("scrub").max = frames.length - 1;
  $("profile").hidden = !data.masks;
  $("findings").hidden = !data.boxes;
  if (!data.lesions.length) $("findings-title").textContent = "Boxes";
  for (const part of document.querySelectorAll(".masks")) part.hidden = !data.masks;
  $("overlay").hidden = !data.masks && !data.boxes;
  document.body.classList.toggle("single", !cine);
  document.body.classList.toggle("bare", !data.masks);
  listClasses();
  show(state.frame);
  readLink();
  window.addEventListener("hashchange", readLink);
  new ResizeObserver(resize).observe($("stage"));
  resize();
  Promise.allSettled([pictures[state.frame], masks[state.frame]].filter(Boolean).map((image) => image.decode())).then(() => {
    draw();
    document.documentElement.dataset.ready = "yes";
  });
})();
